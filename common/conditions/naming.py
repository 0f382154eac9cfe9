"""What the values that stand in a condition are called, by people and by machines: asked of the leaves that know it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


def exactly(tree: Any, vocabulary: type[django_filters.FilterSet]) -> Any:
    """The same condition with every row named so that no other can be meant, now or later: leaves that can say it
    (`exact`) do. Raises ValidationError for what is ambiguous already."""
    exact = {name: getattr(leaf, "exact", None) for name, leaf in vocabulary.get_filters().items()}
    return _exactly(tree, exact)


def _exactly(node: Any, exact: Mapping[str, Callable[[Any], Any] | None]) -> Any:
    if isinstance(node, list):
        return [_exactly(part, exact) for part in node]
    if not isinstance(node, dict):
        return node
    if "filter" in node:
        say = exact.get(node["filter"])
        return {**node, "value": say(node["value"])} if say else node
    return {word: _exactly(part, exact) for word, part in node.items()}


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
