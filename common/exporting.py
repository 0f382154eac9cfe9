"""Making the files that were asked for: as the person who asked, whose sight is that of now and not of then."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from common.claims import set_mark, take_unmarked, work_off
from common.console_exports import record
from common.exports import Table, chunks
from common.models import Export
from common.models.exports import KEPT, ExportPart

NOT_THEIRS = "This list is not open to you any more."


def make(*, at: datetime, limit: int = 1) -> int:
    """Make the oldest file that waits; how many were made."""
    return work_off(Export.objects.select_related("by"), "made_at", partial(_make, at=at), at=at, limit=limit)


def _make(waiting: QuerySet[Export], *, at: datetime) -> int:
    taken = take_unmarked(waiting, "made_at", limit=None)
    for export in taken:
        _fill(export, at)
    return set_mark(taken, "made_at", at)


def _fill(export: Export, at: datetime) -> None:
    export.parts.all().delete()
    table = _Counted(export)
    if table.rows_of is None:
        Export.objects.filter(pk=export.pk).update(query="", failure=NOT_THEIRS)
        return
    size = 0
    for number, data in enumerate(chunks(table.table, export.format)):
        ExportPart.objects.create(export=export, number=number, data=data)
        size += len(data)
    Export.objects.filter(pk=export.pk).update(query="", rows=table.number, size=size)
    record(export.by, export.model, table.number, export.format, at)


class _Counted:
    """The table of an export, counted as it is read."""

    def __init__(self, export: Export) -> None:
        self.number = 0
        self.rows_of = _list_of(export)
        if self.rows_of is not None:
            found = self.rows_of
            self.table = Table(found.name, found.header, self._each(found))

    def _each(self, found: Table) -> Any:
        for row in found.rows:
            self.number += 1
            yield row


def _list_of(export: Export) -> Table | None:
    """What the list shows the person now, with the filters of then; None if it is closed to them."""
    model = apps.get_model(export.model)
    owner: Any = admin.site._registry.get(model)
    request = _request(export, model)
    if owner is None or not export.by.is_active or not owner.has_view_permission(request):
        return None
    rows = owner.get_changelist_instance(request).get_queryset(request)
    table: Table = owner.table(request, rows[: settings.EXPORT_MOST])
    return table


def _request(export: Export, model: Any) -> HttpRequest:
    """As if the person had opened the list."""
    request = HttpRequest()
    request.method = "GET"
    request.user = export.by
    request.GET = QueryDict(export.query)
    request.path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return request


def forget(*, at: datetime) -> int:
    """Remove exports that are older than they are kept; how many."""
    return Export.objects.filter(asked_at__lt=at - KEPT).delete()[1].get("common.Export", 0)
