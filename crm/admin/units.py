"""Units and where they stand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminSingleDateWidget

from common.console import ReadOnlyInline, ScopedAdmin
from crm.admin.forms import Form
from crm.admin.panels import PanelledAdmin
from crm.models import Hierarchy, OrgUnit, Placement
from crm.services.placing import check_place, place


class PlacementInline(ReadOnlyInline):
    model = Placement
    fk_name = "unit"
    fields = ("hierarchy", "parent", "valid", "recorded")
    verbose_name_plural = "where it stands and stood"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        rows: QuerySet[Placement] = super().get_queryset(request)
        return rows.select_related("hierarchy", "parent").order_by("-valid", "-recorded")


@admin.register(OrgUnit)
class OrgUnitAdmin(PanelledAdmin):
    page = "unit"
    list_display = ("name", "kind", "zone", "calendar", "external_id", "opened_on", "closed_on")
    list_select_related = ("calendar",)
    list_filter = ("kind", "calendar")
    search_fields = ("name", "=external_id")
    search_help_text = "A part of the name, or the external id"
    ordering = ("name",)
    inlines = (PlacementInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("source", "external_id") if obj else ()


@admin.register(Hierarchy)
class HierarchyAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "code", "is_primary")


class PlacementForm(Form):
    """Put a unit under another from a day on. What was known about these days is kept, and no longer holds."""

    since = forms.DateField(widget=UnfoldAdminSingleDateWidget(), initial=lambda: timezone.now().date())
    until = forms.DateField(
        widget=UnfoldAdminSingleDateWidget(), required=False, help_text="The first day on which it does not hold."
    )

    class Meta:
        model = Placement
        fields = ("hierarchy", "unit", "parent")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        if said["until"] and said["until"] <= said["since"]:
            raise ValidationError({"until": "This lies before the first day."})
        check_place(**said)
        return said


@admin.register(Placement)
class PlacementAdmin(ScopedAdmin):
    """Where units stand: moved by a new placement, never edited."""

    scope_through = "unit"
    list_display = ("unit", "parent", "hierarchy", "valid", "recorded")
    list_select_related = ("unit", "parent", "hierarchy")
    list_filter = ("hierarchy",)
    search_fields = ("unit__name", "=unit__external_id")
    ordering = ("-id",)
    form = PlacementForm
    fields = ("hierarchy", "unit", "parent", "since", "until")
    autocomplete_fields = ("unit", "parent")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("hierarchy", "unit", "parent", "valid", "recorded") if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Placement, form: Any, change: bool) -> None:
        by: Any = request.user
        said = form.cleaned_data
        place(**said, by=by, at=timezone.now())
        known = Placement.objects.filter(hierarchy=said["hierarchy"], unit=said["unit"], recorded__upper_inf=True)
        obj.pk = known.get(valid__contains=said["since"]).pk
