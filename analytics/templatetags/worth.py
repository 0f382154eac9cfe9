"""How readings of money are written on pages."""

from __future__ import annotations

from django import template

from analytics import wording_worth
from analytics.maths.groups import Gap, Group, Reading
from analytics.services.worth.comparing import OfferReport, Trial

register = template.Library()

register.filter("finding_of", wording_worth.finding)


@register.filter
def plural_of(category: str) -> str:
    return wording_worth.PLURALS[category]


@register.filter
def heading_of(reading: Reading) -> str:
    return wording_worth.TITLES[reading.measure]


@register.filter
def meaning_of(reading: Reading) -> str:
    return wording_worth.MEANINGS[reading.measure]


@register.simple_tag
def figure(value: float | None, reading: Reading) -> str:
    """An amount with its currency, or per cent."""
    return wording_worth.figure(value, reading)


@register.simple_tag
def bare(value: float | None, reading: Reading) -> str:
    """The same without its currency."""
    return wording_worth.bare(value, reading)


@register.simple_tag
def gap_in_full(gap: Gap, reading: Reading) -> str:
    return wording_worth.gap_in_full(gap, reading)


@register.filter
def verdict_kind(reading: Reading) -> str:
    """up, down or same: the form of the pill. Of churn more is worse."""
    gap = reading.gap
    if gap is None or gap.verdict == "not detectable":
        return "same"
    better = (gap.verdict == "higher") != (reading.measure == "churn")
    return "up" if better else "down"


@register.filter
def weight_of(group: Group) -> str:
    """Class of a dot or whisker: `few` draws it faint."""
    return "" if group.n >= 30 else " few"


@register.filter
def offers_finding(report: OfferReport) -> str:
    """The page's title: what the first trial that can say something says."""
    return wording_worth.offers_finding([(t.offer.name, t.difference) for t in report.trials])


@register.filter
def trial_finding(trial: Trial) -> str:
    """The title of one offer's experiment."""
    return wording_worth.trial_finding(trial.offer.name, trial.difference)


@register.filter
def trial_kind(trial: Trial) -> str:
    """up, down or same."""
    gap = trial.difference
    if gap is None or gap.verdict == "not detectable":
        return "same"
    return "up" if gap.points > 0 else "down"
