"""What is wrong with the settings of a version or of a program: the same for the form, the verb and the API."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from surveys.questionnaire.checking import question_problems
from surveys.versions.kinds import ASKING, KIND_NAMES, belongs, is_empty

Problem = tuple[str, str]  # field, sentence
NAME_LENGTH = 60
LONGEST_DAYS = 3650
LONGEST_WAVE = 60
MOST_REMINDERS = 2
WORDS: dict[str, tuple[str, ...]] = {
    "since": ("asked", "answered", "bounced"),
    "per": ("person", "household", "account"),
    "among": ("any", "kind", "program"),
    "then": ("block", "delay"),
}


def version_problems(kind: str, said: Mapping[str, Any]) -> dict[str, list[str]]:
    """{field: sentences}, empty when a program of that kind may be published with these settings. Conditions and texts
    are checked elsewhere: they need the vocabulary and the languages."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for field, sentence in _problems(kind, said):
        found[field].append(sentence)
    return dict(found)


def program_problems(said: Mapping[str, Any]) -> dict[str, list[str]]:
    """The same for a program's own settings: its active window."""
    starts: datetime | None = said.get("active_from")
    ends: datetime | None = said.get("active_until")
    if starts and ends and ends <= starts:
        return {"active_until": ["The window must end after it begins."]}
    return {}


def _problems(kind: str, said: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _of_kind(kind, said)
    yield from _questions(said)
    if kind in ASKING:
        yield from _sampling(said)
        yield from _strata(said.get("strata") or [])
        yield from _rules(said.get("contact_rules") or [])
        yield from _times(said)
        yield from _reminders(said.get("reminder_days") or [], said.get("expiry_days"))


def _of_kind(kind: str, said: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("interaction_kind", "wave_months", "ends_with", "ends_after_hours", "episode_attribute"):
        if not belongs(name, kind) and not is_empty(said.get(name)):
            yield name, f"A {KIND_NAMES.get(kind, kind)} program does not use this; leave it empty."
    if kind == "post_call" and is_empty(said.get("interaction_kind")):
        yield "interaction_kind", "Say which kind of interaction the call is."
    if kind == "relationship":
        months = said.get("wave_months")
        if months is None or not 1 <= months <= LONGEST_WAVE:
            yield "wave_months", f"Say after how many months a person's turn comes round, from 1 to {LONGEST_WAVE}."
    if kind == "journey" and is_empty(said.get("ends_with")) and not said.get("ends_after_hours"):
        yield "ends_with", "Say what ends an episode: a kind of interaction, or hours without any."


def _questions(said: Mapping[str, Any]) -> Iterator[Problem]:
    found = question_problems(
        said.get("questions") or [],
        promoter_scale=(said.get("scale_min"), said.get("scale_max")) == (0, 10),
        wording=said.get("wording"),
        default_language=said.get("default_language") or "",
    )
    yield from (("questions", sentence) for sentence in found)


def _sampling(said: Mapping[str, Any]) -> Iterator[Problem]:
    if not _is_rate(said.get("sampling_rate")):
        yield "sampling_rate", "Give a rate from 0 to 1."
    for name in ("quota", "target", "minimum"):
        if said.get(name) is not None and said[name] < 1:
            yield name, "Give at least 1, or leave it empty."
    quota = said.get("quota")
    if quota and said.get("target") and said["target"] > quota:
        yield "target", f"More answers are wanted than the quota of {quota} lets through."
    if quota and said.get("minimum") and said["minimum"] > quota:
        yield "minimum", f"The minimum is above the quota of {quota}."


def _strata(strata: Any) -> Iterator[Problem]:
    if not isinstance(strata, list) or not all(isinstance(row, dict) for row in strata):
        yield "strata", "Expected a list of parts, each with name, rate and condition."
        return
    names: set[str] = set()
    for number, row in enumerate(strata, 1):
        for sentence in _stratum(row, names):
            yield "strata", f"Part {number}: {sentence}"


def _stratum(row: Mapping[str, Any], names: set[str]) -> Iterator[str]:
    if unknown := set(row) ^ {"name", "rate", "condition"}:
        yield f"expected name, rate and condition; {', '.join(sorted(unknown))} is missing or unknown."
        return
    name = row["name"].strip() if isinstance(row["name"], str) else ""
    if not name or len(name) > NAME_LENGTH:
        yield f"a name of at most {NAME_LENGTH} characters is needed."
    elif name.casefold() in names:
        yield f"another part is called {name} too."
    names.add(name.casefold())
    if not _is_rate(row["rate"]):
        yield "give a rate from 0 to 1."
    if not row["condition"]:
        yield "without a condition it takes in everybody; the rest has the rate above."


def _is_rate(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return False
    try:
        rate = Decimal(str(value))
    except InvalidOperation:
        return False
    return rate.is_finite() and 0 <= rate <= 1


def _rules(rules: Any) -> Iterator[Problem]:
    if not isinstance(rules, list) or not all(isinstance(row, dict) for row in rules):
        yield "contact_rules", "Expected a list of rules, each with since, days, per, among and then."
        return
    known: set[tuple[str, ...]] = set()
    for number, row in enumerate(rules, 1):
        for sentence in _rule(row, known):
            yield "contact_rules", f"Rule {number}: {sentence}"


def _rule(row: Mapping[str, Any], known: set[tuple[str, ...]]) -> Iterator[str]:
    if unknown := set(row) ^ {"days", *WORDS}:
        yield f"expected since, days, per, among and then; {', '.join(sorted(unknown))} is missing or unknown."
        return
    bad = [name for name, words in WORDS.items() if row[name] not in words]
    for name in bad:
        yield f"{name}: expected one of {', '.join(WORDS[name])}."
    days = row["days"]
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST_DAYS:
        yield f"give days from 1 to {LONGEST_DAYS}."
    if bad:
        return
    if row["since"] == "bounced" and row["among"] != "any":
        yield "among: a message that bounced counts for any program."
    window = (row["since"], row["per"], row["among"])
    if window in known:
        yield "an earlier rule already counts the same; keep the longer one."
    known.add(window)


def _times(said: Mapping[str, Any]) -> Iterator[Problem]:
    daily, hour = said.get("decides") == "daily", said.get("decides_at")
    if daily and hour is None:
        yield "decides_at", "Say at which hour it decides each day."
    if not daily and hour is not None:
        yield "decides_at", "It decides within seconds; leave the hour out, or let it decide once a day."
    days: Sequence[int] = said.get("weekdays") or []
    if not days or len(set(days)) < len(days) or not set(days) <= set(range(7)):
        yield "weekdays", "Choose at least one weekday, each once."
    if said.get("yearly_cap") is not None and said["yearly_cap"] < 1:
        yield "yearly_cap", "Give at least 1, or leave it empty."
    if said.get("expiry_days") is not None and said["expiry_days"] < 1:
        yield "expiry_days", "A link must be good for at least a day."


def _reminders(days: Any, expiry: Any) -> Iterator[Problem]:
    if not isinstance(days, list) or any(isinstance(day, bool) or not isinstance(day, int) for day in days):
        yield "reminder_days", "Expected days after the question, such as 7, or 5 and 12."
    elif len(days) > MOST_REMINDERS:
        yield "reminder_days", "Nobody is reminded more than twice."
    elif any(day < 1 for day in days) or sorted(set(days)) != days:
        yield "reminder_days", "Give days from 1 on, the second later than the first."
    elif isinstance(expiry, int) and days and days[-1] >= expiry > 0:
        yield "reminder_days", f"The link is good for {expiry} days only: a reminder must come before."
