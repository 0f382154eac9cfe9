"""A version in plain words: whom it asks, how many, how often, when, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from surveys.questionnaire.telling import outlines
from surveys.versions.kinds import ASKING

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DECIDES = {"at_once": "within seconds of the event", "daily": "once a day"}
COUNTED = {"invitations": "invitations", "answers": "answers, those still expected included"}
STANDARD_PRIORITY = 100
_HAPPENED = {
    "asked": "asked",
    "answered": "heard from",
    "bounced": "written to in vain",
}
_WHO = {"person": "the person", "household": "anybody of the household", "account": "anybody of the account"}
_AMONG = {"any": "by any program", "kind": "by a program of this kind", "program": "by this program"}


@dataclass(frozen=True)
class Told:
    """One part of what a program does."""

    title: str
    sentences: tuple[str, ...]


def tell(kind: str, said: Mapping[str, Any], sentence: Callable[[Any], str]) -> list[Told]:
    """What a program of that kind does with these settings; `sentence` says a condition in words."""
    words = Told("In which words", tuple(_words(said)))
    if kind not in ASKING:
        return [Told("Whom", ("Nobody: it takes in answers that were collected elsewhere.",)), words]
    return [
        Told("Whom", tuple(_whom(kind, said, sentence))),
        Told("How many", tuple(_how_many(said, sentence))),
        Told("How often", tuple(_how_often(said))),
        Told("When", tuple(_when(said))),
        words,
    ]


def percent(rate: Any) -> str:
    """ "12.5 %" of 0.125, without zeros that say nothing."""
    return f"{(Decimal(str(rate)) * 100).normalize():f} %"


def span(number: int, unit: str) -> str:
    """ "1 day", "30 days"."""
    return f"{number} {unit}{'' if number == 1 else 's'}"


def minutes(number: int) -> str:
    for size, unit in ((1440, "day"), (60, "hour")):
        if number and number % size == 0:
            return span(number // size, unit)
    return span(number, "minute")


def days_after(days: list[int]) -> str:
    """ "7 days", "5 and 12 days"; empty for none."""
    *first, last = [*map(str, days[:-1]), span(days[-1], "day")] if days else [""]
    return " and ".join([*first, last])


def days_of_week(days: list[int]) -> str:
    if sorted(days) == list(range(7)):
        return "every day"
    if sorted(days) == list(range(5)):
        return "Monday to Friday"
    return ", ".join(WEEKDAYS[day] for day in sorted(days) if 0 <= day < 7)


def rule_in_words(rule: Mapping[str, Any]) -> str:
    """One contact rule."""
    waits = "waits until" if rule.get("then") == "delay" else "asks only if"
    return (
        f"It {waits} {span(rule['days'], 'day')} have passed since {_WHO[rule['per']]} was"
        f" {_HAPPENED[rule['since']]} {_AMONG[rule['among']]}."
    )


def stratum_in_words(stratum: Mapping[str, Any], condition: str) -> str:
    return f"{stratum['name']}: {percent(stratum['rate'])}, where {condition[:1].lower()}{condition[1:]}"


def _whom(kind: str, said: Mapping[str, Any], sentence: Callable[[Any], str]) -> Iterator[str]:
    trigger = said.get("interaction_kind") or "any interaction"
    months = span(said.get("wave_months") or 0, "month")
    yield {
        "transactional": f"Customers after: {trigger}.",
        "post_call": f"Customers after a call: {trigger}.",
        "journey": f"Customers at the end of an episode. {_episode(said)}",
        "relationship": f"Every customer in turn, once in {months}, spread evenly.",
        "manual": "Customers whom staff propose one by one.",
        "recovery": "Customers whose ticket was closed, and everybody in a recovery study on the day of the study.",
    }[kind]
    yield f"By {said['channel']}, {_consent(said)}"
    if said.get("condition"):
        yield f"Only where this is true: {sentence(said['condition'])}"


def _consent(said: Mapping[str, Any]) -> str:
    return "only who said yes to it." if said.get("consent_required") else "all who did not say no to it."


def _episode(said: Mapping[str, Any]) -> str:
    named = said.get("episode_attribute")
    kind = said.get("interaction_kind")
    parts = f"Interactions ({kind})" if kind else "All interactions"
    what = f"{parts} with the same {named} are one" if named else f"{parts} of a customer are one"
    ends = [f"it ends with: {said['ends_with']}"] if said.get("ends_with") else []
    if hours := said.get("ends_after_hours"):
        ends.append(f"it ends after {span(hours, 'hour')} of silence")
    return f"{what}; {', or '.join(ends) or 'nothing ends it yet'}."


def _how_many(said: Mapping[str, Any], sentence: Callable[[Any], str]) -> Iterator[str]:
    rate = said["sampling_rate"]
    everybody = Decimal(str(rate)) == 1
    rest = " of the rest" if said.get("strata") else " of them, drawn by lot"
    for stratum in said.get("strata") or []:
        yield stratum_in_words(stratum, sentence(stratum.get("condition") or {}))
    yield f"Everybody{' else' if said.get('strata') else ''}." if everybody else f"{percent(rate)}{rest}."
    per = f"per unit and {said['period']}"
    if quota := said.get("quota"):
        counted = COUNTED[said.get("quota_counts") or "invitations"]
        yield f"At most {quota} {counted}{',' * (',' in counted)} {per}."
    if target := said.get("target"):
        yield f"The rate adapts toward {target} answers {per}."
    if minimum := said.get("minimum"):
        yield f"At least {minimum} {per} are asked, as far as there are occasions; of more than that chance chooses."


def _how_often(said: Mapping[str, Any]) -> Iterator[str]:
    either, own = said["quarantine_days"], said["program_quarantine_days"]
    yield f"Nobody within {span(either, 'day')} of any question, or {span(own, 'day')} of one of its kind."
    yield from map(rule_in_words, said.get("contact_rules") or [])
    if cap := said.get("yearly_cap"):
        yield f"Nobody more than {span(cap, 'time')} in 365 days."
    if (place := said.get("priority", STANDARD_PRIORITY)) != STANDARD_PRIORITY:
        goes = "before" if place < STANDARD_PRIORITY else "after"
        yield f"It goes {goes} most programs that want the same person: priority {place}; the lower number goes first."


def _when(said: Mapping[str, Any]) -> Iterator[str]:
    delay = said.get("delay_minutes") or 0
    if said.get("decides") == "daily":
        yield f"It decides once a day, at {said.get('decides_at') or '00:00'} UTC."
    yield f"{'At once' if not delay else minutes(delay).capitalize() + ' after the decision'}, in waking hours."
    if (days := days_of_week(said.get("weekdays") or [])) != "every day":
        yield f"It asks on {days or 'no day'}."
    yield _reminders(said.get("reminder_days") or [])
    yield f"What happened more than {span(said['max_age_days'], 'day')} ago is not asked about."
    yield (
        f"The link is good for {span(said['expiry_days'], 'day')};"
        f" an answer can be changed for {span(said['edit_days'], 'day')}."
    )


def _reminders(days: list[int]) -> str:
    if not days:
        return "Nobody is reminded."
    often = "once" if len(days) == 1 else "twice"
    return f"Who has given no sign of life is reminded {often}: {days_after(days)} after the question."


def _words(said: Mapping[str, Any]) -> Iterator[str]:
    default = said.get("default_language")
    for language, texts in sorted((said.get("wording") or {}).items(), key=lambda pair: pair[0] != default):
        question = texts.get("question") or "the standard question"
        yield f"{language}: {question}"
    yield f"Answers from {said['scale_min']} to {said['scale_max']}."
    if said.get("keep_clicks"):
        yield "A click on a score in the mail is kept as a provisional score; it counts once the customer confirms it."
    if further := said.get("questions"):
        yield f"After score and reason {span(len(further), 'more question')}, each asked only of whom it concerns."
        yield from (f"{line}." for line in outlines(further))
