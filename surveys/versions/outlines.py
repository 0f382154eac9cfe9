"""A condition as lines of text, indented by depth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

INDENT = "  "
_WORDS = {"all": "all of", "any": "any of", "not": "not"}
_SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥", "has": "has any of"}

Clause = Callable[[Any], str]  # a comparison, or the denial of one, in words


def plain(comparison: Any) -> str:
    """As it is stored: for whoever knows no names."""
    if "not" in comparison:
        return f"not {plain(comparison['not'])}"
    label, value = str(comparison["filter"]).replace("_", " "), comparison.get("value")
    if isinstance(value, dict):
        sign = _SIGNS.get(str(value.get("op")), str(value.get("op")))
        return " ".join(part for part in (str(value.get("name") or label), sign, _value(value.get("value"))) if part)
    return f"{label}: {_value(value)}"


def outline(tree: Any, clause: Clause = plain, depth: int = 0) -> list[str]:
    """One line a node: ["all of", "  segment: Private", ...]; nothing for a condition that is always true."""
    if not isinstance(tree, dict) or not tree:
        return []
    if "filter" in tree or (isinstance(tree.get("not"), dict) and "filter" in tree["not"]):
        return [INDENT * depth + clause(tree)]
    word, inner = next(iter(tree.items()))
    parts = inner if isinstance(inner, list) else [inner]
    if word == "all" and not parts:
        return []
    if word in {"all", "any"} and len(parts) == 1:
        return outline(parts[0], clause, depth)
    lines = [line for part in parts for line in outline(part, clause, depth + 1)]
    return [INDENT * depth + _WORDS.get(word, str(word)), *lines]


def _value(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)
