"""Uploading a file: choose it, say which column is what, try it, load it, see what became of every line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from common.console import ReadOnlyAdmin
from common.csv_files import Unreadable
from common.models import Event, Load, User
from common.panels import Panel, register
from common.text import grouped
from crm.forms import MappingForm, UploadForm
from crm.models import Upload
from crm.services.loading import kind_named, reject_file_of
from crm.services.uploads.carrying_out import ask
from crm.services.uploads.receiving import receive, source_named
from crm.services.uploads.understanding import Understood, guess, understand

MB = 1 << 20
ROOM = 1 << 16  # of a form around its file


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """Files of rows; only those see them who may load them, since they show what is in them."""

    company_wide = True
    view_function = "crm.add_upload"
    list_display = ("at", "name", "kind", "source", "state", "counts", "by")
    list_display_links = ("at", "name")
    list_select_related = ("source", "by", "load", "trial")
    list_filter = ("kind", "source")
    search_fields = ("name", "source__name")
    ordering = ("-at",)

    def _everywhere(self, request: HttpRequest, function: str) -> bool:
        shared: Any = self.model
        return request.user.has_perm(function, shared)  # to see one, too: the files hold the whole company's rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    @admin.display(description="state")
    def state(self, upload: Upload) -> str:
        return state_of(upload)

    @admin.display(description="rows")
    def counts(self, upload: Upload) -> str:
        told = upload.result.outcome if upload.result else []
        return ", ".join(f"{grouped(number)} {said}" for number, said in told)

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                "<int:object_id>/progress/", self.admin_site.admin_view(self.progress_view), name="crm_upload_progress"
            ),
            path("<int:object_id>/rejects/", self.admin_site.admin_view(self.rejects_view), name="crm_upload_rejects"),
        ]
        return [*super().get_urls()[:-1], *pages, *super().get_urls()[-1:]]

    # --- a file arrives ---

    @csrf_exempt  # it is `_receive` that is protected: the body must not be read before its size is known
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_MB * MB + ROOM:
            return self._add_page(request, UploadForm(), status=413, too_large=True)
        request.upload_handlers = [TemporaryFileUploadHandler(request)]  # onto the disk, whatever the size
        return self._receive(request)

    @method_decorator(csrf_protect)
    def _receive(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if not form.is_valid():
            return self._add_page(request, form, status=422 if form.errors else 200)
        said, by, at = form.cleaned_data, self._person(request), timezone.now()
        source = said["source"] or source_named(said["code"], by=by, at=at)
        try:
            upload = receive(file=said["file"], source=source, kind=said["kind"], by=by, at=at)
        except Unreadable as problem:
            form.add_error("file", str(problem))
            return self._add_page(request, form, status=422)
        return redirect("admin:crm_upload_change", upload.pk)

    def _add_page(self, request: HttpRequest, form: UploadForm, *, status: int, **more: Any) -> HttpResponse:
        page = {**self.admin_site.each_context(request), "title": "Upload a file", "form": form, "opts": self.opts}
        page |= {"most": settings.UPLOAD_MB, "days": settings.UPLOAD_DAYS, **more}
        return TemplateResponse(request, "admin/crm/upload_add.html", page, status=status)

    def _person(self, request: HttpRequest) -> User | None:
        return request.user if isinstance(request.user, User) else None

    # --- what becomes of it ---

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        upload: Upload = self.row(request, object_id, action="view")
        found = understand(upload) if upload.first_lines.exists() else Understood(problem="The file was removed.")
        form = self._mapping(request, upload, found)
        if request.method == "POST" and form.is_valid() and not found.problem:
            return self._ask(request, upload, form)
        page = {
            **self.admin_site.each_context(request), **_told(upload), "title": str(upload), "form": form,
            "found": found, "opts": self.opts, "days": settings.UPLOAD_DAYS,
        }  # fmt: skip
        return TemplateResponse(request, "admin/crm/upload.html", page, status=422 if form.errors else 200)

    def _mapping(self, request: HttpRequest, upload: Upload, found: Understood) -> MappingForm:
        said = request.POST if request.method == "POST" else None
        kind = kind_named(upload.kind)
        return MappingForm(
            said,
            kind=kind,
            names=found.names,
            guessed=guess(upload, found.names),
            encoding=upload.encoding,
            answers=upload.answers,
            rows=found.rows,
        )

    def _ask(self, request: HttpRequest, upload: Upload, form: MappingForm) -> HttpResponse:
        wanted = Upload.Wanted.LOAD if request.POST.get("wanted") == "load" else Upload.Wanted.TRY
        said, by = form.cleaned_data, self._person(request)
        asked = ask(
            upload=upload,
            wanted=wanted,
            columns=said["columns"],
            encoding=said["encoding"],
            answers=said["answers"],
            by=by,
            at=timezone.now(),
        )
        if not asked:
            self.message_user(request, "The file is in hand already, or has been loaded.", messages.WARNING)
        return redirect("admin:crm_upload_change", upload.pk)

    def progress_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How far it is, for the page's script: a piece of that page, and whether to go on asking."""
        upload: Upload = self.row(request, str(object_id), action="view")
        response = TemplateResponse(request, "admin/crm/_upload_state.html", _told(upload))
        response["X-Busy"] = "yes" if upload.busy else "no"
        return response

    def rejects_view(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """The rows that could not be taken, with line and reason, as a file."""
        upload: Upload = self.row(request, str(object_id), action="view")
        place = _rejects_of(upload)
        if not place.exists():
            raise Http404
        Event.objects.record("upload.rejects_taken", subject=upload, by=self._person(request), at=timezone.now())
        return FileResponse(place.open("rb"), as_attachment=True, filename=place.name, content_type="text/csv")


def state_of(upload: Upload) -> str:
    """Where it stands, in a few words."""
    if upload.failure:
        return "failed"
    if upload.busy:
        trying = upload.wanted == Upload.Wanted.TRY
        return "being tried" if trying else f"being loaded, {upload.load.percent if upload.load else 0} %"
    if upload.wanted == Upload.Wanted.LOAD:
        return "loaded"
    return "tried" if upload.wanted else "to be understood"


def _rejects_of(upload: Upload) -> Path:
    loading = upload.wanted == Upload.Wanted.LOAD
    return reject_file_of(upload.path if loading else upload.first_lines, upload.kind, dry_run=not loading)


def _told(upload: Upload) -> dict[str, Any]:
    """What the page says of the file: counts, the first rejected rows, how far it is."""
    place, result = _rejects_of(upload), upload.result
    return {
        "upload": upload, "state": state_of(upload), "result": result, "counts": result.outcome if result else [],
        "percent": upload.load.percent if upload.load and upload.wanted == Upload.Wanted.LOAD else 0,
        "rejects": _first_rows(place, REJECTS) if place.exists() and not upload.busy else [],
        "has_rejects": place.exists() and not upload.busy, "trying": upload.wanted == Upload.Wanted.TRY,
        "may_ask": Upload.objects.open().filter(pk=upload.pk).exists(), "whole": upload.whole,
    }  # fmt: skip


def _first_rows(place: Path, number: int) -> list[tuple[str, str, str]]:
    """(line, reason, the row) of the first rejected rows."""
    with place.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        next(rows, None)
        return [(row[0], row[1], " | ".join(row[2:])) for row in islice(_legible(rows), number) if len(row) > 1]


def _legible(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """A row with a cell as long as a book stands in the file; here stands that there is one."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield ["", "A row too long to be shown. See all rejected rows."]


REJECTS = 20


def file_of(request: HttpRequest, load: Load) -> dict[str, Any]:
    """For the page of a load: the file that it came from, to those who may see it."""
    shared: Any = Upload
    theirs = request.user.has_perm("crm.add_upload", shared)
    return {
        "uploads": list(Upload.objects.filter(Q(load=load) | Q(trial=load)).select_related("source")) if theirs else []
    }


register("load", Panel("The file", "admin/crm/panel_file.html", file_of))
