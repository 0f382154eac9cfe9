"""What tells two versions apart, in words, and which of it changes the metric. docs/programs.md gives the reasons.

A change counts as one of the metric when the same customers could give another score after it, or other customers would
be asked: figures from before and after are then not figures of one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.questionnaire.telling import outlines
from surveys.versions.kinds import SETTINGS
from surveys.versions.outlines import Clause, outline, plain
from surveys.versions.telling import COUNTED, DECIDES, days_after, days_of_week, minutes, percent, rule_in_words, span

WHO = "Other customers are asked."
MANY = "Customers are drawn in other proportions."
SPARED = "Other customers are spared, and those asked often answer differently."
READ = "The customer reads another question."
LATER = "Asked at another distance from the event, people remember it differently."
METRIC: dict[str, str] = {
    "interaction_kind": "Another event is asked about.",
    "condition": WHO,
    "channel": "People score differently by another channel, and other people can be reached.",
    "consent_required": WHO,
    "wave_months": LATER,
    "ends_with": "An episode ends elsewhere, and another experience is asked about.",
    "ends_after_hours": "An episode ends elsewhere, and another experience is asked about.",
    "episode_attribute": "Other interactions make up an episode.",
    "sampling_rate": MANY,
    "strata": MANY,
    "quota": MANY,
    "quota_counts": MANY,
    "target": MANY,
    "minimum": MANY,
    "period": MANY,
    "seed": "Another lot is drawn, and it could be chosen for whom it draws.",
    "quarantine_days": SPARED,
    "program_quarantine_days": SPARED,
    "contact_rules": SPARED,
    "yearly_cap": SPARED,
    "priority": "Where programs compete for a person, another one asks.",
    "decides": LATER,
    "decides_at": LATER,
    "weekdays": LATER,
    "max_age_days": WHO,
    "delay_minutes": LATER,
    "reminder_days": "Who answers only when reminded scores differently.",
    "scale_min": "Scores of another scale are no figure of the same kind.",
    "scale_max": "Scores of another scale are no figure of the same kind.",
    "default_language": "Customers whose language is not offered read another question.",
}
METRIC_TEXTS = {"question": READ, "intro": "It is read before the question and leads up to it."}
LABELS = {
    "interaction_kind": "What triggers it",
    "wave_months": "A turn comes round after",
    "ends_with": "An episode ends with",
    "ends_after_hours": "An episode ends after silence of",
    "episode_attribute": "Attribute that names the episode",
    "consent_required": "Only who said yes",
    "strata": "Parts with a rate of their own",
    "quota": "Quota",
    "period": "Per unit and",
    "contact_rules": "Further rules",
    "yearly_cap": "Most questions in 365 days",
    "wording": "Texts by language",
    "questions": "Further questions",
    "quota_counts": "The quota counts",
    "target": "Answers wanted per unit and period",
    "minimum": "Invitations at least",
    "quarantine_days": "Days since any question",
    "program_quarantine_days": "Days since one of its kind",
    "decides": "It decides",
    "decides_at": "At (UTC)",
    "weekdays": "It asks on",
    "max_age_days": "Oldest occasion",
    "delay_minutes": "Delay",
    "reminder_days": "Reminders after",
    "expiry_days": "The link is good for",
    "edit_days": "An answer can be changed for",
    "scale_min": "Lowest score",
    "scale_max": "Highest score",
    "keep_clicks": "Clicks on a score in the mail are kept",
}
TEXTS = {
    "question": "Question",
    "why_promoter": "What promoters are asked next",
    "why_passive": "What passives are asked next",
    "why_detractor": "What detractors are asked next",
    "subject": "Subject of the mail",
    "intro": "Introduction",
    "reminder_subject": "Subject of a reminder",
    "reminder_intro": "Introduction of a reminder",
}
NOTHING = "none"


@dataclass(frozen=True)
class Change:
    """One difference: lines of before and after, and why it changes the metric (empty: it does not)."""

    field: str
    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    metric: str = ""
    language: str = ""


def changes(before: Mapping[str, Any], after: Mapping[str, Any], clause: Clause = plain) -> list[Change]:
    """What `after` says otherwise than `before`, in the order of the form; `clause` says the comparisons of a
    condition."""
    return [change for field in SETTINGS for change in _of(field, before.get(field), after.get(field), clause)]


def label_of(field: str) -> str:
    return LABELS.get(field) or field.replace("_", " ").capitalize()


def _of(field: str, old: Any, new: Any, clause: Clause) -> Iterator[Change]:
    if field == "wording":
        yield from _texts(old or {}, new or {})
    elif old != new:
        sides = _lines(field, old, clause), _lines(field, new, clause)
        yield Change(field, label_of(field), *sides, METRIC.get(field, ""))


def _texts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for language in sorted({*old, *new}):
        if (language in old) != (language in new):
            offered, missing = ("offered",), ("not offered",)
            first, then = (offered, missing) if language in old else (missing, offered)
            yield Change("wording", f"Language {language}", first, then, METRIC["default_language"], language)
        before, after = old.get(language) or {}, new.get(language) or {}
        further = sorted({*before, *after} - TEXTS.keys())
        for key, label in [*TEXTS.items(), *((key, f"Text {key}") for key in further)]:
            if before.get(key, "") != after.get(key, ""):
                sides = _text(before, key), _text(after, key)
                yield Change("wording", f"{label} ({language})", *sides, METRIC_TEXTS.get(key, ""), language)


def _text(texts: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return (texts.get(key) or "the standard text",)


def _lines(field: str, value: Any, clause: Clause) -> tuple[str, ...]:
    if value is None or value in ("", [], {}):
        return ("everybody" if field == "condition" else NOTHING,)
    if field == "condition":
        return tuple(outline(value, clause))
    if field == "strata":
        return tuple(line for row in value for line in _stratum(row, clause))
    told = _TOLD.get(field)
    found = told(value) if told else str(value)
    return tuple(found) if isinstance(found, list) else (found,)


def _stratum(row: Mapping[str, Any], clause: Clause) -> list[str]:
    return [f"{row['name']}: {percent(row['rate'])}", *outline(row.get("condition"), clause, depth=1)]


def _days(value: int) -> str:
    return span(value, "day")


_TOLD: dict[str, Callable[[Any], str | list[str]]] = {
    "sampling_rate": percent,
    "quota_counts": lambda said: COUNTED[said],
    "contact_rules": lambda rows: [rule_in_words(row) for row in rows],
    "questions": outlines,
    "decides": lambda said: DECIDES[said],
    "weekdays": days_of_week,
    "delay_minutes": minutes,
    "reminder_days": days_after,
    "wave_months": lambda number: span(number, "month"),
    "ends_after_hours": lambda number: span(number, "hour"),
    **dict.fromkeys(("consent_required", "keep_clicks"), lambda yes: "yes" if yes else "no"),
    **dict.fromkeys(("quarantine_days", "program_quarantine_days", "max_age_days", "expiry_days", "edit_days"), _days),
}
