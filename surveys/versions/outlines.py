"""A condition as lines of text, indented by depth."""

from __future__ import annotations

from typing import Any

INDENT = "  "
_WORDS = {"all": "all of", "any": "any of", "not": "not"}
_SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥", "has": "has any of"}


def outline(tree: Any, depth: int = 0) -> list[str]:
    """One line a node: ["all of", "  segment: Private", ...]; nothing for a condition that is always true."""
    if not isinstance(tree, dict) or not tree:
        return []
    if "filter" in tree:
        return [INDENT * depth + _leaf(tree["filter"], tree.get("value"))]
    word, inner = next(iter(tree.items()))
    parts = inner if isinstance(inner, list) else [inner]
    if word == "all" and not parts:
        return []
    if word in {"all", "any"} and len(parts) == 1:
        return outline(parts[0], depth)
    lines = [line for part in parts for line in outline(part, depth + 1)]
    return [INDENT * depth + _WORDS.get(word, str(word)), *lines]


def _leaf(name: Any, value: Any) -> str:
    label = str(name).replace("_", " ")
    if isinstance(value, dict):
        sign = _SIGNS.get(str(value.get("op")), str(value.get("op")))
        return " ".join(part for part in (str(value.get("name") or label), sign, _value(value.get("value"))) if part)
    return f"{label}: {_value(value)}"


def _value(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)
