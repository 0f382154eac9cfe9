"""Conditions about PostgreSQL's arrays."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.postgres.fields import ArrayField
from django.db import models


class OneOf(models.Func):
    """column = ANY(ARRAY(ids)): the ids are found first, so that an index on the column serves it within an OR. An IN
    with a subquery would read the whole table for a branch where little happened."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()


class _AnyOf(models.Func):
    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()


def any_of(column: str, ids: Collection[int]) -> models.Func:
    """The column holds one of `ids`, however many: one parameter, where `__in` sends one for each."""
    return _AnyOf(models.F(column), models.Value(list(ids), output_field=ArrayField(models.BigIntegerField())))
