"""Files that were asked for, to be fetched by whoever asked, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from common.console import ReadOnlyAdmin
from common.exports import TYPES
from common.models import Event, Export


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "model", "format", "rows", "state")
    list_display_links = ("asked_at",)
    ordering = ("-id",)
    fields = ("model", "format", "asked_at", "made_at", "rows", "size", "failure")
    actions = ()
    none_yet = "Files that take a moment wait for you here; up to 10,000 rows are handed out at once and do not."

    @admin.display(description="file")
    def state(self, export: Export) -> str:
        if export.failure:
            return export.failure
        if not export.is_ready:
            return "being made; open this list again in a moment"
        return format_html('<a href="{}">Download</a>', reverse("admin:common_export_file", args=[export.pk]))

    def get_urls(self) -> list[URLPattern]:
        file = path("<int:object_id>/file/", self.admin_site.admin_view(self.file_view), name="common_export_file")
        return [*super().get_urls()[:-1], file, *super().get_urls()[-1:]]

    def file_view(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """The file, for the person who asked for it."""
        export = self.row(request, str(object_id), action="view")
        if not export.is_ready or export.by_id != request.user.pk:
            raise Http404
        Event.objects.record("export.fetched", subject=export, by=export.by, at=timezone.now())
        response = StreamingHttpResponse(_parts(export), content_type=TYPES[export.format])
        response["Content-Disposition"] = f'attachment; filename="{export.file_name}"'
        response["Cache-Control"] = "no-store"
        return response


def _parts(export: Export) -> Iterator[bytes]:
    for data in export.parts.order_by("number").values_list("data", flat=True).iterator(chunk_size=20):
        yield bytes(data)
