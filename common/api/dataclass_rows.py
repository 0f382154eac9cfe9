"""Output serializers made from dataclasses of plain values, so that a shape is written down once."""

from __future__ import annotations

import dataclasses
import types
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints

from rest_framework import serializers

PLAIN: dict[type[Any], type[serializers.Field[Any, Any, Any, Any]]] = {
    bool: serializers.BooleanField,
    int: serializers.IntegerField,
    float: serializers.FloatField,
    str: serializers.CharField,
    datetime: serializers.DateTimeField,
    date: serializers.DateField,
}

_made: dict[type[Any], type[serializers.Serializer[Any]]] = {}


def serializer_of(shape: type[Any]) -> type[serializers.Serializer[Any]]:
    """A serializer that answers what an instance of the dataclass `shape` holds: text, figures (Decimal as a string),
    moments, lists of them and dataclasses within. Raises TypeError for anything else. One shape, one serializer."""
    if shape not in _made:
        _made[shape] = _serializer(shape)
    return _made[shape]


def _serializer(shape: type[Any]) -> type[serializers.Serializer[Any]]:
    hints = get_type_hints(shape)
    fields = {field.name: _field(hints[field.name]) for field in dataclasses.fields(shape)}
    doc = (shape.__doc__ or "").strip()
    return type(f"Card{shape.__name__}", (serializers.Serializer,), {**fields, "__doc__": doc})


def _field(kind: Any, **options: Any) -> Any:
    if get_origin(kind) in {Union, types.UnionType}:
        inner = [each for each in get_args(kind) if each is not type(None)]
        return _field(inner[0], allow_null=True)
    if get_origin(kind) is list:
        (of,) = get_args(kind)
        rows = serializer_of(of)(many=True) if isinstance(of, type) and dataclasses.is_dataclass(of) else None
        return rows or serializers.ListField(child=_field(of))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return serializer_of(kind)(**options)
    if kind is Decimal:
        return serializers.DecimalField(max_digits=None, decimal_places=None, **options)
    if kind not in PLAIN:
        raise TypeError(f"a card cannot tell {kind!r}")
    blank: dict[str, Any] = {"allow_blank": True} if kind is str else {}
    return PLAIN[kind](**blank, **options)
