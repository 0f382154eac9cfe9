"""What happened to one row, for people: its Events and, where people edit it freely, every version of its fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Model
from pghistory.core import event_models
from pghistory.models import Events

from common.models import Event, User

LIMIT = 200


class Entry(NamedTuple):
    at: datetime
    what: str
    by: str  # empty: the machine, a customer or an API key
    details: dict[str, Any]  # figures of an Event, or {field: "before → after"}


def trail_of(subject: Model, *, limit: int = LIMIT) -> list[Entry]:
    """Newest first, at most `limit` entries of each kind. Ask only for rows in sight."""
    entries = [*_events(subject, limit), *_versions(subject, limit)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _events(subject: Model, limit: int) -> list[Entry]:
    found = Event.objects.about(subject).select_related("by")[:limit]
    return [Entry(event.at, event.what, _name(event.by), event.data) for event in found]


def _versions(subject: Model, limit: int) -> list[Entry]:
    if not event_models(tracks_model=type(subject)):
        return []
    versions: Any = Events.objects
    rows = list(versions.tracks(subject).order_by("-pgh_created_at", "-pgh_id")[:limit])
    people = _names({row.pgh_context["user"] for row in rows if row.pgh_context and row.pgh_context.get("user")})
    return [
        Entry(
            row.pgh_created_at,
            f"fields {row.pgh_label}",
            people.get((row.pgh_context or {}).get("user"), ""),
            _changes(row),
        )
        for row in rows
    ]


def _names(ids: set[int]) -> dict[int | None, str]:
    return {user.pk: _name(user) for user in User.objects.filter(pk__in=ids)}


def _name(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def _changes(row: Any) -> dict[str, str]:
    return {field: f"{before} → {after}" for field, (before, after) in (row.pgh_diff or {}).items()}
