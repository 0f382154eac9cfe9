"""What a score leaves open, in words. Pure."""

from __future__ import annotations

from analytics.maths.lateness import Lateness
from analytics.maths.rounding import percent, signed
from analytics.maths.scorecards import ScoreCard
from analytics.maths.weighting import Weighted
from analytics.services.weighing import Weighing
from analytics.wording import plain

HARDLY = 0.10  # a response rate below which the bounds stand beside the score
DAY = 24  # hours


def hardly_anybody(card: ScoreCard) -> bool:
    """Whether so few answered that the score says little of all who were asked."""
    return card.bounds is not None and (card.response_rate or 0) < HARDLY


def bounds_told(card: ScoreCard) -> str:
    """What the silent could make of it."""
    if card.bounds is None or card.response_rate is None:
        why = "answers collected elsewhere are among these" if card.loaded else "nobody was invited in this period"
        return f"How many stayed silent is unknown: {why}."
    low, high = card.bounds
    return (
        f"{percent(card.response_rate)} of those asked answered. Whatever the others would have said, the score of all"
        f" lies between {plain(low)} and {plain(high)}; nothing narrower is certain."
    )


def weighted_told(weighing: Weighing) -> str:
    """The weighted score beside the raw one, or why there is none."""
    if not weighing.n:
        return "No answer was to an invitation: with what chance these people were asked is unknown."
    rest = f" Of {weighing.unknown} answers the chance is not kept; they are left out." if weighing.unknown else ""
    if weighing.weighted is None:
        same = "All had the same chance of being asked: weights would change nothing."
        return rest.strip() if weighing.unknown == weighing.n else same + rest
    by = "".join(f" and each {name} by its occasions" for name in weighing.raked_to)
    told = f"Weighted by the chance of being asked{by}: {_beside(weighing.weighted)}"
    cut = f" The weight of {weighing.cut} was cut." if weighing.cut else ""
    return told + cut + rest


def by_occasions_told(weighted: Weighted) -> str:
    return f"If each unit below counted by its occasions, and not by how many answered: {_beside(weighted)}"


def _beside(found: Weighted) -> str:
    low, high = found.interval
    return (
        f"{signed(found.score)}, 95\N{NO-BREAK SPACE}% {signed(low)} to {signed(high)}; unweighted {signed(found.raw)}."
        f" {found.n} answers are worth {found.n_eff:.0f} of equal weight (design effect {found.deff:.2f})."
    )


def lateness_told(weighing: Weighing) -> str:
    """Whether late answerers say something else."""
    found = weighing.lateness
    if found is None:
        return "Too few answers to invitations to part early ones from late ones."
    low, high = found.change.interval
    return (
        f"{_verdict(found)} Within {_time(found.hours)} {signed(found.early_nps)} (n {found.early.n}), later"
        f" {signed(found.late_nps)} (n {found.late.n}); late minus early, adjusted, {signed(found.change.points)},"
        f" 95\N{NO-BREAK SPACE}% {signed(low)} to {signed(high)}."
    )


def _verdict(found: Lateness) -> str:
    if found.change.verdict != "changed":
        return "No difference to be seen between early and late answers."
    lower = found.change.points < 0
    return (
        f"Those who answer late score {'lower' if lower else 'higher'}; the silent may well do so too, and the score of"
        f" all be {'lower' if lower else 'higher'}."
    )


def _time(hours: int) -> str:
    if hours % DAY == 0 and hours > DAY:
        return f"{hours // DAY} days"
    return "an hour" if hours == 1 else f"{hours} hours"


def trust_finding(weighing: Weighing | None) -> str:
    """The title: what of it matters most."""
    if weighing and weighing.lateness and weighing.lateness.change.verdict == "changed":
        return "Late answers differ from early ones"
    weighted = weighing.weighted if weighing else None
    if weighted and not weighted.interval.low <= weighted.raw <= weighted.interval.high:
        return f"Weighted it is {plain(weighted.score)}, and not {plain(weighted.raw)}"
    return "What the score leaves open"
