"""Over which rows the console counts a condition, and who may: each app registers the vocabularies of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import QuerySet

Principal = Any


@dataclass(frozen=True)
class Place:
    """Where conditions over one vocabulary are built.

    `rows(principal)`: rows in the person's sight. `at` names their moment (empty: they have none, and all of them are
    counted, not those of the last days), `where` their unit. `sample(rows)`: these
    rows as texts under `columns`, addresses masked. `function`: the permission without which nobody is told anything.
    """

    name: str
    vocabulary: type[django_filters.FilterSet]
    function: str
    noun: str
    rows: Callable[[Principal], QuerySet[Any]]
    columns: tuple[str, ...]
    sample: Callable[[list[Any]], list[list[str]]]
    at: str = "occurred_at"
    where: str = "unit"
    note: str = ""  # what the count does not know of
    shown: int = 6  # rows
    outcome: Callable[[QuerySet[Any]], str] | None = None  # what would have followed from these rows, as a sentence


_places: dict[str, Place] = {}


def register(place: Place) -> None:
    """From the console of the app that owns the rows."""
    _places[place.name] = place


def place_named(name: str) -> Place | None:
    return _places.get(name)


def place_of(vocabulary: type[django_filters.FilterSet]) -> Place | None:
    return next((place for place in _places.values() if place.vocabulary is vocabulary), None)
