"""Pages of the console that also show what upper apps registered for them (common/panels.py)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from common.console import ScopedAdmin
from common.panels import panels_for


class PanelledAdmin(ScopedAdmin):
    """`page`: the name under which upper apps register panels."""

    page: str
    change_form_before_template = "admin/crm/on_this_page.html"
    change_form_after_template = "admin/crm/panels.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        subject = self.row(request, object_id, action="view")
        panels = [
            {"title": panel["title"], "body": _body(panel, request)}
            for panel in panels_for(self.page, request, subject)
        ]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "panels": panels})


def _body(panel: dict[str, Any], request: HttpRequest) -> str:
    return render_to_string(panel["template"], {"panel": panel, **panel["context"]}, request)
