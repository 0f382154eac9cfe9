"""What becomes of an entry: published by a second person or the office, shown first, taken out of the library."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from closedloop.models.tickets.rows import author, via
from common.models import Event
from common.text import clean_line
from crm.sight import Principal
from distribution.errors import LibraryRefused
from distribution.models import Entry, Kind, Standing, Story
from distribution.models.library.entries import CHANGE

FEATURE = "distribution.feature_entry"
NAMES = {Kind.STORY: "story", Kind.QUOTE: "quote", Kind.NOTICE: "notice"}


def may_publish(entry: Entry, by: Principal) -> bool:
    """Whoever leads the unit, unless they wrote it themselves; the office in any case."""
    if entry.state != Standing.DRAFT:
        return False
    seen = Entry.objects.filter(pk=entry.pk)
    function = FEATURE if entry.by_id is not None and entry.by_id == by.pk else CHANGE
    return seen.visible_to(by, function).exists()


def may_withdraw(entry: Entry, by: Principal) -> bool:
    """Whoever wrote it, and whoever leads its unit; a quote or a notice those who may put one there."""
    if entry.state == Standing.WITHDRAWN:
        return False
    if entry.kind == Kind.STORY and entry.by_id is not None and entry.by_id == by.pk:
        return True
    function = {Kind.QUOTE: FEATURE, Kind.NOTICE: "distribution.change_policynotice"}.get(Kind(entry.kind), CHANGE)
    return Entry.objects.filter(pk=entry.pk).visible_to(by, function).exists()


@transaction.atomic
def publish_story(*, story: Story, by: Principal, at: datetime) -> Story:
    """From now on it is read. Published once more it stays as it was. Raises LibraryRefused."""
    held = Story.objects.select_for_update(of=("self",)).get(pk=story.pk)
    if held.state == Standing.PUBLISHED:
        return held
    if held.state != Standing.DRAFT:
        raise LibraryRefused("It was withdrawn. Write another.")
    if not may_publish(held, by):
        raise LibraryRefused("Somebody else publishes what you wrote: whoever leads the unit, or the office.")
    held.state, held.published_at, held.published_by = Standing.PUBLISHED, at, author(by)
    held.save(update_fields=["state", "published_at", "published_by"])
    Event.objects.record("story.published", subject=held.as_entry, by=author(by), at=at, unit=held.unit_id, **via(by))
    return held


@transaction.atomic
def withdraw(*, entry: Entry, why: str, by: Principal, at: datetime) -> None:
    """Take it out of the library, with the reason. What was withdrawn before stays as it was. Raises LibraryRefused."""
    said = clean_line(why, limit=300)
    if not said:
        raise LibraryRefused("Say why it is taken out.")
    held = Entry.objects.select_for_update().get(pk=entry.pk)
    if held.state == Standing.WITHDRAWN:
        return
    held.state, held.withdrawn_at, held.withdrawn_by, held.withdrawn_why = Standing.WITHDRAWN, at, author(by), said
    held.featured_at = None
    held.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawn_why", "featured_at"])
    Event.objects.record(f"{NAMES[Kind(held.kind)]}.withdrawn", subject=held.as_entry, by=author(by), at=at, **via(by))


@transaction.atomic
def feature(*, entries: Iterable[Entry], shown_first: bool, by: Principal, at: datetime) -> int:
    """Show these before the others, or no longer; of how many that was not so until now."""
    rows = Entry.objects.filter(pk__in=[entry.pk for entry in entries], state=Standing.PUBLISHED)
    changing = list(rows.filter(featured_at__isnull=shown_first).select_for_update().order_by("pk"))
    Entry.objects.filter(pk__in=[row.pk for row in changing]).update(featured_at=at if shown_first else None)
    told: dict[Model, dict[str, Any]] = {row: {**via(by)} for row in changing}
    what = "library_entry.featured" if shown_first else "library_entry.unfeatured"
    Event.objects.record_each(what, told, by=author(by), at=at)
    return len(changing)
