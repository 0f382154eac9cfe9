"""What people call the values that stand in a condition: asked of the leaves that know names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django_filters

from common.conditions.wording import Names


def names_in(tree: Any, vocabulary: type[django_filters.FilterSet], reader: Any) -> Names:
    """{"unit": {"u-1": "Harbour"}} for what stands in `tree`, as far as `reader` may see it; a query for each leaf that
    knows names."""
    said: dict[str, list[str]] = {}
    for name, value in _leaves(tree):
        if isinstance(name, str):
            said.setdefault(name, []).extend(_texts(value))
    known = {name: getattr(leaf, "named", None) for name, leaf in vocabulary.get_filters().items()}
    return {name: names(values, reader) for name, values in said.items() if values and (names := known.get(name))}


def _leaves(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, list):
        for part in node:
            yield from _leaves(part)
    elif isinstance(node, dict) and "filter" in node:
        yield node["filter"], node.get("value")
    elif isinstance(node, dict):
        for part in node.values():
            yield from _leaves(part)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = value.get("name")
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
