"""Declared attributes of interactions: what a schema may say, and whether values keep to it. Pure; no Django."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

NAME = re.compile(r"^[a-z][a-z0-9_]{0,49}$")
MAX_STRING = 500
MAX_STRINGS = 50  # in one list
KEYS = frozenset({"type", "label", "required", "personal", "dimension", "steps"})
NUMBERS = frozenset({"integer", "decimal"})
CUT_BY = NUMBERS | {"string", "boolean"}  # types whose values put an answer into one group
MOST_STEPS = 20
LARGEST = 10**15  # of figures that are cut by


def check_schema(schema: Any) -> str | None:
    """What is wrong with `schema`, or None."""
    if not isinstance(schema, dict):
        return "expected an object of attribute names"
    for name, rule in schema.items():
        if not NAME.match(name):
            return f"{name!r}: use lower-case letters, digits and _"
        if not isinstance(rule, dict) or rule.get("type") not in TYPES:
            return f"{name}: type must be one of {', '.join(TYPES)}"
        if set(rule) - KEYS:
            return f"{name}: unknown keys {', '.join(sorted(set(rule) - KEYS))}"
        if problem := _check_dimension(rule):
            return f"{name}: {problem}"
    return None


def _check_dimension(rule: Mapping[str, Any]) -> str | None:
    """What is wrong with how figures are to be cut by an attribute, or None."""
    if not isinstance(rule.get("dimension", False), bool):
        return "dimension must be true or false"
    if rule.get("dimension") and rule["type"] not in CUT_BY:
        return f"figures are cut by attributes of the types {', '.join(sorted(CUT_BY))}"
    if rule.get("dimension") and rule.get("personal"):
        return "figures are not cut by what is personal"
    if "steps" in rule and not (rule.get("dimension") and rule["type"] in NUMBERS and _ascends(rule["steps"])):
        return f"steps are 1 to {MOST_STEPS} ascending numbers, of a dimension that is a number"
    return None


def _ascends(steps: Any) -> bool:
    if not isinstance(steps, list) or not 0 < len(steps) <= MOST_STEPS or not all(map(_is_figure, steps)):
        return False
    return all(low < high for low, high in pairwise(steps))


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def dimensions_of(schemas: Iterable[Mapping[str, Mapping[str, Any]]]) -> dict[str, Mapping[str, Any]]:
    """The attributes by which figures may be cut, with their rules: declared so by a kind of interaction, and personal
    in none. One that several kinds declare stands once, as the first has it."""
    found: dict[str, Mapping[str, Any]] = {}
    personal: set[str] = set()
    for schema in schemas:
        for name, rule in schema.items():
            if rule.get("personal"):
                personal.add(name)
            elif rule.get("dimension"):
                found.setdefault(name, rule)
    return {name: rule for name, rule in found.items() if name not in personal}


def check_values(schema: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, str]:
    """{attribute: what is wrong}; empty when every value is declared and of its type. Leave out what is missing."""
    problems = {name: "not declared for this kind of interaction" for name in values if name not in schema}
    for name, rule in schema.items():
        if values.get(name) is None:
            if rule.get("required"):
                problems[name] = "required"
        elif not TYPES[rule["type"]](values[name]):
            problems[name] = f"expected {rule['type']}"
    return problems


def told(schema: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> str:
    """ "Waiting time: 8; Settled: yes"."""
    return "; ".join(f"{label}: {said}" for label, said in told_each(schema, values))


def told_each(schema: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(label, value) in the order in which they are declared, then what is not."""
    names = [*(name for name in schema if name in values), *sorted(name for name in values if name not in schema)]
    return [(_label(schema, name), _said(values[name])) for name in names if values[name] is not None]


def told_openly(schema: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The same of what is declared, and not declared personal."""
    return told_each(schema, {name: values.get(name) for name, rule in schema.items() if not rule.get("personal")})


def _label(schema: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return str(schema.get(name, {}).get("label") or name.replace("_", " ").capitalize())


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def strings_of(cell: str) -> list[str]:
    """What a cell of a file holds of a list: "Delays; Denial of claim". Each once, in the order given."""
    return list(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))


def _is_strings(value: Any) -> bool:
    """A list of short texts: what several of can be true at once, each counting by itself."""
    if not isinstance(value, list) or len(value) > MAX_STRINGS:
        return False
    return all(isinstance(text, str) and 0 < len(text) <= MAX_STRING for text in value)


def _is_decimal(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _parses(parse: Callable[[str], Any]) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        try:
            parse(value)
        except (TypeError, ValueError):
            return False
        return True

    return check


TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str) and len(v) <= MAX_STRING,
    "strings": _is_strings,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "decimal": _is_decimal,
    "boolean": lambda v: isinstance(v, bool),
    "date": _parses(date.fromisoformat),
    "datetime": _parses(datetime.fromisoformat),
}
