"""A bulk action whose reason is kept: it asks why before it does anything, and works without a script."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

LONGEST = 300
SHOWN = 20  # of the rows, by name


def why_of(request: HttpRequest) -> str:
    """What was said on the page that asks; empty before it was shown."""
    return request.POST.get("why", "").strip()[:LONGEST]


def ask_why(site: Any, request: HttpRequest, rows: QuerySet[Any]) -> TemplateResponse:
    """The page that asks, once more where nothing was said; it holds what was chosen in the list."""
    action = request.POST["action"]
    context = {
        **site.admin_site.each_context(request),
        "opts": site.opts,
        "title": site.get_actions(request)[action][2],
        "action": action,
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "across": request.POST.get("select_across", "0"),
        "number": rows.order_by().count(),
        "rows": rows[:SHOWN],
        "problem": "why" in request.POST,
    }
    return TemplateResponse(request, "admin/surveys/why.html", context, status=422 if context["problem"] else 200)
