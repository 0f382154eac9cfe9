"""What is allowed and yet does not do what it seems to: its author reads it while there is time. Pure; no Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from surveys.versions.telling import span

FIRST = "bar at once, and that is looked at first"


def doubts(said: Mapping[str, Any]) -> Iterator[str]:
    """Of settings that are no problem (`checking.version_problems`): sentences, none where all is as it seems."""
    for number, rule in enumerate(said.get("contact_rules") or [], 1):
        if rule.get("then") == "delay":
            yield from (f"Rule {number} {sentence}" for sentence in _of_delay(rule, said))


def may_be(tree: Any, kind: str) -> tuple[bool, bool]:
    """Whether a condition that can be read may be true, and may be false, of an interaction of a kind, whatever else
    there is to it."""
    if "not" in tree:
        true, false = may_be(tree["not"], kind)
        return false, true
    if "filter" in tree:
        return _names(tree["value"], kind) if tree["filter"] == "kind" else (True, True)
    if "any" in tree:
        parts = [may_be(part, kind) for part in tree["any"]]
        return any(true for true, _ in parts), all(false for _, false in parts)
    parts = [may_be(part, kind) for part in tree.get("all", [])]
    return all(true for true, _ in parts), any(false for _, false in parts)


def _names(value: Any, kind: str) -> tuple[bool, bool]:
    named = kind in (value if isinstance(value, list) else [value])
    return named, not named


def _of_delay(rule: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[str]:
    """The two windows that every version has are looked at before any rule, and what is too old is not asked about."""
    if rule["since"] == "asked":
        either, own = said["quarantine_days"], max(said["quarantine_days"], said["program_quarantine_days"])
        barred = either if rule.get("among", "any") == "any" else own
        yield from _of_windows(rule, barred, own)
        if barred >= rule["days"] and rule.get("per", "person") == "person":
            return  # never at all
    if rule["days"] > said["max_age_days"]:
        yield (
            f"makes an occasion wait {span(said['max_age_days'], 'day')} at most: what would last longer gets too old"
            " and is not asked about."
        )


def _of_windows(rule: Mapping[str, Any], barred: int, own: int) -> Iterator[str]:
    """`barred`: days after a question that the rule counts within which nobody is asked at all; `own`: after one of the
    program's own kind."""
    days, per = rule["days"], rule.get("per", "person")
    if per != "person":
        if own:
            yield f"makes an occasion wait for others of the {per}: the person's own {FIRST}."
    elif barred >= days:
        yield f"never makes an occasion wait: {span(barred, 'day')} after such a question {FIRST}."
    elif own >= days:
        yield f"never waits for a question of the program's own kind: {span(own, 'day')} after it {FIRST}."
    elif own:
        yield f"makes an occasion wait only later: {span(own, 'day')} after a question {FIRST}."
