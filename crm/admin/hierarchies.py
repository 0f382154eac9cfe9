"""The ways to arrange the units, and the tree of each on any day, as known at any time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from common.console import ScopedAdmin
from crm.models import Hierarchy, OrgUnit
from crm.services.organization.knowing import tree_on


class Line(NamedTuple):
    unit: OrgUnit
    depth: int
    closed: bool


class DayForm(forms.Form):
    on = forms.DateField(required=False, label="On the day")
    known_on = forms.DateField(required=False, label="As known on")


@admin.register(Hierarchy)
class HierarchyAdmin(ScopedAdmin):
    """Sight and routing go by the primary one alone; the others arrange reports."""

    company_wide = True
    list_display = ("name", "code", "is_primary")
    fields = ("name", "code", "is_primary")
    change_form_outer_before_template = "admin/crm/hierarchy.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "is_primary") if obj else ("is_primary",)

    def get_urls(self) -> list[URLPattern]:
        tree = path("<int:object_id>/tree/", self.admin_site.admin_view(self.tree_view), name="crm_hierarchy_tree")
        return [*super().get_urls()[:-1], tree, *super().get_urls()[-1:]]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        hierarchy = self.row(request, object_id, action="view")
        page = {"tree_address": reverse("admin:crm_hierarchy_tree", args=[hierarchy.pk])}
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def tree_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The tree on a day, as known at the end of a day: what is in sight of it."""
        hierarchy = self.row(request, str(object_id), action="view")
        form = DayForm(request.GET)
        said = form.cleaned_data if form.is_valid() else {}
        on, known_on = said.get("on") or timezone.now().date(), said.get("known_on")
        known_at = datetime.combine(known_on, time.max, UTC) if known_on else None
        seen = OrgUnit.objects.visible_to(request.user, "crm.view_orgunit").in_bulk()
        lines = list(_lines(tree_on(hierarchy=hierarchy.code, on=on, known_at=known_at), seen, on))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{hierarchy}, {on}" + (f", as known on {known_on}" if known_on else ""),
            "lines": lines, "form": form, "on": on, "known_on": known_on, "hierarchy": hierarchy, "opts": self.opts,
        }  # fmt: skip
        return TemplateResponse(request, "admin/crm/tree.html", context, status=400 if form.errors else 200)


def _lines(tree: dict[int, int | None], seen: dict[int, OrgUnit], on: date) -> Iterator[Line]:
    """Units in sight, each below the one it stands under; those whose parent is out of sight come first."""
    below: dict[int, list[OrgUnit]] = defaultdict(list)
    for pk in tree.keys() & seen.keys():
        parent = tree[pk]
        below[parent if parent in seen and parent in tree else 0].append(seen[pk])
    waiting = [(unit, 0) for unit in sorted(below[0], key=str, reverse=True)]
    while waiting:
        unit, depth = waiting.pop()
        yield Line(unit, depth, unit.closed_on is not None and unit.closed_on <= on)
        waiting += [(each, depth + 1) for each in sorted(below.pop(unit.pk, []), key=str, reverse=True)]
