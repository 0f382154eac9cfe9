"""What a condition means.

A condition is a tree of {"all": [...]}, {"any": [...]}, {"not": tree}, to any depth, over leaves
{"filter": NAME, "value": VALUE} whose names are filters of a django-filter FilterSet. It is stored as validated JSON
and compiled to one Q. An empty condition ({} or {"all": []}) is true of every row.
"""

from __future__ import annotations

import math
import re
from functools import reduce
from operator import and_, or_
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from common.text import clean_line

MAX_DEPTH = 12
MAX_LEAVES = 100
_REFUSED = re.compile("[\x00\ud800-\udfff]")


class WrongCondition(ValidationError):
    """What is wrong with a condition, and where: `path` is such as "condition.all[1].not"."""

    def __init__(self, path: str, said: str) -> None:
        super().__init__(f"{path}: {said}", code="condition")
        self.path = path
        self.said = said


def compile_condition(tree: Any, vocabulary: type[django_filters.FilterSet]) -> Q:
    """The Q of `tree` over the model of `vocabulary`. Raises WrongCondition, which names the offending part."""
    return _Compiler(vocabulary).tree(tree, path="condition", depth=0)


def words_of(vocabulary: type[django_filters.FilterSet]) -> list[str]:
    """The names a condition over `vocabulary` may use."""
    return sorted(vocabulary.get_filters())


def validate_condition(tree: Any, vocabulary: type[django_filters.FilterSet]) -> None:
    compile_condition(tree, vocabulary)


class _Compiler:
    def __init__(self, vocabulary: type[django_filters.FilterSet]) -> None:
        self.filters: dict[str, django_filters.Filter] = vocabulary.get_filters()
        self.leaves = 0

    def tree(self, node: Any, path: str, depth: int) -> Q:
        if not isinstance(node, dict):
            raise WrongCondition(path, f"expected an object, got {type(node).__name__}")
        if depth > MAX_DEPTH:
            raise WrongCondition(path, f"nested deeper than {MAX_DEPTH}")
        if not node:
            return Q()
        if set(node) in ({"all"}, {"any"}):
            return self._join(*next(iter(node.items())), path, depth)
        if set(node) == {"not"}:
            inner = self.tree(node["not"], f"{path}.not", depth + 1)
            return ~inner if inner else Q(pk__in=[])
        if set(node) == {"filter", "value"}:
            return self._leaf(node["filter"], node["value"], path)
        names = ", ".join(clean_line(str(name), limit=60) for name in node)
        raise WrongCondition(path, f"expected all, any, not, or filter with value; got {names}")

    def _join(self, word: str, parts: Any, path: str, depth: int) -> Q:
        if not isinstance(parts, list):
            raise WrongCondition(f"{path}.{word}", "expected a list")
        inner = [self.tree(part, f"{path}.{word}[{number}]", depth + 1) for number, part in enumerate(parts)]
        if word == "all":
            return reduce(and_, inner, Q())
        if not all(inner):
            return Q()  # one branch is always true
        return reduce(or_, inner, Q(pk__in=[]))  # any of nothing is false

    def _leaf(self, name: Any, value: Any, path: str) -> Q:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            raise WrongCondition(path, f"more than {MAX_LEAVES} comparisons")
        if name == "":
            raise WrongCondition(path, "choose what is compared")
        leaf = self.filters.get(name) if isinstance(name, str) else None
        if leaf is None:
            raise WrongCondition(path, f"unknown filter {name!r}; known: {', '.join(sorted(self.filters))}")
        if _unstorable(value):
            raise WrongCondition(path, f"{name}: contains what cannot be stored")
        try:
            cleaned = _form_field(leaf).clean(value)
        except ValidationError as error:
            raise WrongCondition(path, f"{name}: {' '.join(error.messages)}") from error
        if cleaned is None or cleaned == "":
            raise WrongCondition(path, f"{name}: a value is needed")
        q = getattr(leaf, "q", None)  # filters whose meaning is more than one lookup bring their own Q
        found: Q = q(cleaned) if q else Q(**{f"{leaf.field_name}__{leaf.lookup_expr}": cleaned})
        return ~found if leaf.exclude else found


def _unstorable(value: Any, depth: int = 0) -> bool:
    """Whether a text in the value is one that the database refuses; or a number that is none."""
    if isinstance(value, dict | list):
        inside = (*value, *value.values()) if isinstance(value, dict) else value
        return depth > 2 or any(_unstorable(each, depth + 1) for each in inside)
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, str) and bool(_REFUSED.search(value))


def _form_field(leaf: django_filters.Filter) -> forms.Field:
    field: forms.Field = leaf.field
    return field
