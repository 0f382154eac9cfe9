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
from crm.models import OrgUnit, Placement, Succession, UnitClosure
from crm.services.placing import check_place, place

MOST_CHOICES = 200  # of units to look below
MOST_DIGITS = 18


class PlacementInline(ReadOnlyInline):
    model = Placement
    view_function = "crm.view_orgunit"
    fk_name = "unit"
    fields = ("hierarchy", "parent", "valid", "recorded")
    verbose_name_plural = "where it stands and stood"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        rows: QuerySet[Placement] = super().get_queryset(request)
        return rows.select_related("hierarchy", "parent").order_by("-valid", "-recorded")


class SuccessionInline(ReadOnlyInline):
    model = Succession
    fk_name = "predecessor"
    fields = ("successor", "on", "share", "recorded")
    verbose_name_plural = "who took over"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Succession]:
        rows: QuerySet[Succession] = super().get_queryset(request)
        return rows.select_related("predecessor", "successor").order_by("-on", "-recorded")


class Under(admin.SimpleListFilter):
    """Units below one of those in sight that have units below them, in any hierarchy, today."""

    title = "stands under"
    parameter_name = "under"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        seen = OrgUnit.objects.visible_to(request.user, "crm.view_orgunit")
        held = known_today().filter(depth=1, ancestor__in=seen).order_by("-hierarchy__is_primary", "ancestor__name")
        rows = held.values_list("hierarchy", "ancestor", "ancestor__name", "hierarchy__name").distinct()
        return [
            (f"{hierarchy}-{unit}", f"{name} ({arranged})") for hierarchy, unit, name, arranged in rows[:MOST_CHOICES]
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        hierarchy, _, unit = (self.value() or "").partition("-")
        if not (hierarchy.isdecimal() and unit.isdecimal() and len(hierarchy + unit) < MOST_DIGITS):
            return queryset
        below = known_today().filter(hierarchy=int(hierarchy), ancestor=int(unit))
        return queryset.filter(pk__in=below.values("descendant"))


def known_today() -> QuerySet[UnitClosure]:
    return UnitClosure.objects.filter(valid__contains=timezone.now().date())


@admin.register(OrgUnit)
class OrgUnitAdmin(PanelledAdmin):
    page = "unit"
    list_display = ("name", "kind", "zone", "calendar", "external_id", "opened_on", "closed_on")
    list_select_related = ("calendar",)
    list_filter = ("kind", Under, "calendar")
    search_fields = ("name", "=external_id")
    search_help_text = "A part of the name, or the external id"
    ordering = ("name",)
    inlines = (PlacementInline, SuccessionInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("source", "external_id") if obj else ()


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
