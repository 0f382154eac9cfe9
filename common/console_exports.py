"""The rows of a console list as a file: the columns of the list in its order, filters and sight as on the page. Few are
handed out at once; many are made by a worker, as the person who asked, and fetched later (`common.models.Export`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from common.exports import Table, download
from common.models import Event, Export, User
from common.queue import enqueue


class ExportedRows:
    """What every list of the console offers."""

    export_fields: tuple[str, ...] | None = None  # names as in list_display, which is the default

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        return self._export(request, queryset, Export.Format.CSV)

    @admin.action(description="Export for Excel (XLSX)", permissions=["view"])
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        return self._export(request, queryset, Export.Format.XLSX)

    def _export(self, request: HttpRequest, queryset: QuerySet[Any], file_format: str) -> HttpResponseBase | None:
        by: Any = request.user
        label, number = queryset.model._meta.label_lower, queryset.order_by()[: settings.EXPORT_MOST + 1].count()
        if number > settings.EXPORT_MOST:
            words = f"More than {settings.EXPORT_MOST:,} rows. Narrow the list by a filter, or read the bi schema."
            messages.warning(request, words)
            return None
        if number <= settings.EXPORT_AT_ONCE:
            record(by, label, number, file_format, timezone.now())
            return download(self.table(request, queryset), file_format)
        ask(by, label, request.GET.urlencode(), file_format, at=timezone.now())
        messages.success(request, f"{number:,} rows take a moment. The file will be here.")
        return HttpResponseRedirect(reverse("admin:common_export_changelist"))

    def table(self, request: HttpRequest, queryset: QuerySet[Any]) -> Table:
        """The rows of `queryset` with the columns of the list."""
        owner: Any = self
        shown = self.export_fields or owner.get_list_display(request)
        names: list[str] = [name for name in shown if name != "action_checkbox"]
        header = [str(label_for_field(name, owner.model, owner)) for name in names]
        beside, cells = self.beside(queryset)
        rows = ([*(_cell(owner, name, row) for name in names), *cells(row)] for row in _streamed(owner, queryset))
        return Table(owner.opts.model_name, [*header, *beside], rows)

    def beside(self, queryset: QuerySet[Any]) -> tuple[list[str], Callable[[Any], list[Any]]]:
        """Columns of the file that the list has no room for: their names, and their cells of a row."""
        return [], lambda _: []


def _streamed(owner: Any, queryset: QuerySet[Any]) -> Iterator[Any]:
    related = owner.list_select_related
    if related:
        queryset = queryset.select_related() if related is True else queryset.select_related(*related)
    return queryset.iterator(chunk_size=2000)


def _cell(owner: Any, name: str, row: Any) -> Any:
    try:
        field, _, value = lookup_field(name, row, owner)
    except ObjectDoesNotExist:
        return ""
    if field is not None and getattr(field, "flatchoices", None):
        return dict(field.flatchoices).get(value, value)
    return strip_tags(value) if isinstance(value, SafeString) else value


def ask(by: User, model: str, query: str, file_format: str, *, at: datetime) -> Export:
    """Have a worker make the file."""
    row = Export.objects.create(by=by, model=model, query=query, format=file_format, asked_at=at)
    Event.objects.record("export.asked", subject=row, by=by, at=at, model=model, format=file_format)
    enqueue("common.tasks.export")
    return row


def record(by: User, model: str, rows: int, file_format: str, at: datetime) -> None:
    """Who took what, and how many."""
    Event.objects.record("console.exported", subject=by, by=by, at=at, model=model, rows=rows, format=file_format)
