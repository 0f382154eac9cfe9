"""Which alert rules guess: those that go by words or topics may take a customer wrongly. Pure; no Django."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

BY_WORDS = frozenset({"text_has", "topics"})


def goes_by_words(tree: Any) -> bool:
    """Whether a condition (common.conditions) asks for words or topics anywhere."""
    return not BY_WORDS.isdisjoint(_filters(tree))


def _filters(tree: Any) -> Iterator[str]:
    if isinstance(tree, list):
        for part in tree:
            yield from _filters(part)
    elif isinstance(tree, dict):
        if isinstance(name := tree.get("filter"), str):
            yield name
        for word in ("all", "any", "not"):
            yield from _filters(tree.get(word))
