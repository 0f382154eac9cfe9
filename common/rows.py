"""Rows of models for hand-written SQL, where the ORM's compiler would cost more than the database itself: which columns
a model has, the values of an unsaved row, the object that a row of a cursor stands for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models

T = TypeVar("T", bound=models.Model)
INSERT = 'INSERT INTO "{}" ({}) SELECT {}'


def columns(model: type[models.Model], table: str) -> str:
    """All columns of `model`, for a SELECT from `table` (its alias), in the order that `object_of` expects."""
    return ", ".join(f'{table}."{field.column}"' for field in model._meta.concrete_fields)


def width(model: type[models.Model]) -> int:
    """How many columns that is."""
    return len(model._meta.concrete_fields)


def object_of(model: type[T], values: Sequence[Any]) -> T | None:
    """The object of a row's `values`; None for the empty side of an outer join."""
    fields = model._meta.concrete_fields
    if all(value is None for value in values):
        return None
    read = [_read(field, value) for field, value in zip(fields, values, strict=True)]
    return model.from_db(connection.alias, [field.attname for field in fields], read)


def _read(field: Any, value: Any) -> Any:
    return field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value


def insert(model: type[models.Model]) -> str:
    """INSERT ... SELECT of one row without its automatic key, to which a WHERE may be added; its values are those of
    `values_of`."""
    fields = _written(model)
    names = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(f"%s::{_type_of(field)}" for field in fields)
    return INSERT.format(model._meta.db_table, names, places)


def _type_of(field: models.Field[Any, Any]) -> str:
    """Without its length: a cast to `varchar(80)` would cut what is longer, where a column refuses it."""
    return str(field.db_type(connection)).partition("(")[0]


def values_of(row: models.Model) -> list[Any]:
    """What the row holds, in the order of `insert`."""
    return [_value_of(field, row) for field in _written(type(row))]


def _value_of(field: models.Field[Any, Any], row: models.Model) -> Any:
    """Only JSON is stored as something else than what the object holds."""
    value = getattr(row, field.attname)
    return field.get_db_prep_save(value, connection) if isinstance(field, models.JSONField) else value


@cache
def _written(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Raises ImproperlyConfigured for a model of which an INSERT by hand would store something else than the ORM."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    strange = [field.name for field in fields if _made_while_saving(field)]
    if strange:
        raise ImproperlyConfigured(f"{model.__name__} is written by the ORM alone: it makes {', '.join(strange)}.")
    return fields


def _made_while_saving(field: models.Field[Any, Any]) -> bool:
    """Is its value made by the database or by `pre_save`, and not simply what the object holds?"""
    if field.generated or field.has_db_default():
        return True
    if isinstance(field, models.DateField | models.TimeField):
        return field.auto_now or field.auto_now_add
    return type(field).pre_save is not models.Field.pre_save
