"""The page of work that a worker does: a bar that moves while it is under way, what came of it afterwards."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from common.console import ReadOnlyAdmin
from surveys.models.long_work import LongWork


class LongWorkAdmin(ReadOnlyAdmin):
    company_wide = counts_all = True

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_progress"
        own = path("<int:object_id>/progress/", self.admin_site.admin_view(self.progress_view), name=name)
        return [own, *super().get_urls()]

    def progress_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How far it is, for the page's script: a piece of that page, and whether to go on asking."""
        work: LongWork = self.row(request, str(object_id), action="view")
        response = TemplateResponse(request, "admin/surveys/_progress.html", {"work": work})
        response["X-Busy"] = "yes" if work.is_under_way else "no"
        return response

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        work: LongWork = self.row(request, object_id, action="view")
        page = self.shown(request, work) | {
            "work": work,
            "progress": f"admin:{self.opts.label_lower.replace('.', '_')}_progress",
        }
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def shown(self, request: HttpRequest, work: Any) -> dict[str, Any]:
        """What the page says beside its progress."""
        return {}
