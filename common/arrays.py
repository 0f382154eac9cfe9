"""Conditions about PostgreSQL's arrays."""

from __future__ import annotations

from django.db import models


class OneOf(models.Func):
    """column = ANY(ARRAY(ids)): the ids are found first, so that an index on the column serves it within an OR. An IN
    with a subquery would read the whole table for a branch where little happened."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()
