"""A condition in English, for whoever reads a program or compares two of its versions.

Pure: what stands in the tree is named as it stands there, unless `names` knows better. A leaf says itself by a method
`says(value, called) -> Said`; filters of django-filter that have none are said by their label and lookup. What can no
longer be read (a leaf that was renamed) is shown as it is stored and never an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import django_filters

Called = Callable[[Any], str]
Names = Mapping[str, Mapping[str, str]]  # leaf -> value -> what people call it


class Said(NamedTuple):
    """A comparison as a clause: "the product", "is", "“mortgage”"."""

    subject: str
    verb: str
    rest: str

    def under(self) -> Said:
        """Of a place: in it, or anywhere below."""
        several = self.verb.endswith(" one of")
        return Said(self.subject, self.verb.removesuffix(" one of"), f"in or below {'one of ' * several}{self.rest}")

    def clause(self, *, denied: bool = False) -> str:
        return f"{self.subject} {DENIED[self.verb] if denied else self.verb} {self.rest}".strip()


DENIED = {
    "is": "is not", "is one of": "is none of", "was": "was not", "was one of": "was none of", "has": "does not have",
    "has one of": "has none of", "happened": "did not happen", "lies": "does not lie", "belongs": "does not belong",
    "is about": "is not about", "is about one of": "is about none of",
}  # fmt: skip
COMPARED = {
    "exact": "", "iexact": "", "eq": "", "ne": "other than ", "lt": "below ", "lte": "at most ", "gt": "above ",
    "gte": "at least ",
}  # fmt: skip


def in_words(tree: Any, vocabulary: type[django_filters.FilterSet], names: Names | None = None) -> str:
    """`tree` as one English sentence: "The product is “mortgage” and the segment is none of “private”, “student”."
    `names`: what people call the values of a leaf, {"unit": {"u-1": "Harbour"}}."""
    words = phrase(tree, vocabulary, names)
    first = 1 if words.startswith("(") else 0
    return f"{words[:first]}{words[first : first + 1].upper()}{words[first + 1 :]}."


def phrase(tree: Any, vocabulary: type[django_filters.FilterSet], names: Names | None = None) -> str:
    """The same as a part of a sentence or a line of a list: without capital and full stop."""
    return _Words(vocabulary, names or {}).of(tree, inside=False)


def quoted(value: Any) -> str:
    """A value as it stands: texts in quotation marks, the rest as JSON writes it."""
    return f"“{value}”" if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def one_of(subject: str, verb: str, values: Iterable[Any], called: Called) -> Said:
    """The subject is the one value, or one of several."""
    words = [called(value) for value in values]
    return Said(subject, verb if len(words) == 1 else f"{verb} one of", ", ".join(words))


def compared(subject: str, op: str, value: str, verb: str = "is") -> Said:
    return Said(subject, verb, f"{COMPARED[op]}{value}")


class _Words:
    def __init__(self, vocabulary: type[django_filters.FilterSet], names: Names) -> None:
        self.filters: dict[str, django_filters.Filter] = vocabulary.get_filters()
        self.names = names
        self.everything: str = getattr(vocabulary, "everything", "everything")
        self.nothing: str = getattr(vocabulary, "nothing", "nothing")

    def of(self, node: Any, *, inside: bool, denied: bool = False) -> str:
        if not isinstance(node, dict) or (node and set(node) not in SHAPES):
            return _denied(_as_stored(node), denied=denied)
        if "filter" in node:
            return self._leaf(node["filter"], node["value"], denied=denied)
        if "not" in node:
            return self.of(node["not"], inside=inside, denied=not denied)
        word, parts = next(iter(node.items()), ("all", []))
        if not isinstance(parts, list):
            return _denied(_as_stored(node), denied=denied)
        return self._joined(word, parts, inside=inside, denied=denied)

    def _joined(self, word: str, parts: list[Any], *, inside: bool, denied: bool) -> str:
        if not parts:
            return self.everything if (word == "all") is not denied else self.nothing
        if len(parts) == 1:
            return self.of(parts[0], inside=inside, denied=denied)
        words = [self.of(part, inside=True) for part in parts]
        joined = _listed(words, "and" if word == "all" else "or")
        if denied:
            return f"not ({joined})"
        return f"({joined})" if inside else joined

    def _leaf(self, name: Any, value: Any, *, denied: bool) -> str:
        leaf = self.filters.get(name) if isinstance(name, str) else None
        says = getattr(leaf, "says", None)
        try:
            said: Said = says(value, self._caller(name)) if says else _by_lookup(leaf, name, value, self._caller(name))
            return said.clause(denied=denied)
        except (KeyError, TypeError, ValueError, AttributeError):
            return _denied(_as_stored({name: value} if isinstance(name, str) else name), denied=denied)

    def _caller(self, name: str) -> Called:
        known = self.names.get(name, {})
        return lambda value: known.get(value) or quoted(value) if isinstance(value, str) else quoted(value)


SHAPES = ({"all"}, {"any"}, {"not"}, {"filter", "value"})


def _by_lookup(leaf: django_filters.Filter | None, name: str, value: Any, called: Called) -> Said:
    if leaf is None:
        raise KeyError(name)
    subject = str(leaf.label or name.replace("_", " "))
    if isinstance(leaf, django_filters.BooleanFilter):
        return Said(subject, "is", "true" if value else "false")
    return compared(subject, leaf.lookup_expr, called(value))


def _as_stored(node: Any) -> str:
    return json.dumps(node, ensure_ascii=False, default=str)


def _denied(words: str, *, denied: bool) -> str:
    return f"not ({words})" if denied else words


def _listed(words: list[str], conjunction: str) -> str:
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"
