"""Employees and where they work."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminSingleDateWidget

from common.console import ReadOnlyInline, ScopedAdmin
from crm.admin.forms import Form
from crm.models import Assignment, Employee
from crm.services.placing import assign, end_assignments


class AssignmentInline(ReadOnlyInline):
    model = Assignment
    view_function = "crm.view_employee"
    fields = ("unit", "role", "valid", "recorded")
    verbose_name_plural = "where this person works and worked"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        rows: QuerySet[Assignment] = super().get_queryset(request)
        return rows.select_related("unit", "employee").order_by("-valid", "-recorded")


@admin.register(Employee)
class EmployeeAdmin(ScopedAdmin):
    list_display = ("name", "email", "external_id", "user", "left_on")
    list_select_related = ("user",)
    list_filter = (("left_on", admin.EmptyFieldListFilter),)
    search_fields = ("name", "=external_id", "=email")
    search_help_text = "A part of the name, the external id or the e-mail address"
    ordering = ("name",)
    inlines = (AssignmentInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Who signs in as whom is the operator's to say: a login carries the sight of all its employee's assignments,
        and the list of logins knows no units."""
        kept = () if getattr(request.user, "is_superuser", False) else ("user",)
        return (*kept, "source", "external_id") if obj else kept


class AssignmentForm(Form):
    """An employee works in a role at a unit from a day on."""

    since = forms.DateField(widget=UnfoldAdminSingleDateWidget(), initial=lambda: timezone.now().date())

    class Meta:
        model = Assignment
        fields = ("employee", "unit", "role")


@admin.register(Assignment)
class AssignmentAdmin(ScopedAdmin):
    """Who works where in which role: begun by a new assignment, ended by an action, never edited."""

    scope_through = "unit"
    list_display = ("employee", "role", "unit", "valid", "recorded")
    list_select_related = ("employee", "unit")
    list_filter = ("role", "unit")
    search_fields = ("employee__name", "=employee__external_id", "unit__name")
    ordering = ("-id",)
    form = AssignmentForm
    fields = ("employee", "unit", "role", "since")
    autocomplete_fields = ("employee", "unit")
    actions = ("end_today",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("employee", "unit", "role", "valid", "recorded") if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Assignment, form: Any, change: bool) -> None:
        by: Any = request.user
        said = form.cleaned_data
        assign(**said, by=by, at=timezone.now())
        known = Assignment.objects.filter(employee=said["employee"], unit=said["unit"], role=said["role"])
        obj.pk = known.get(recorded__upper_inf=True, valid__contains=said["since"]).pk

    @admin.action(description="End today", permissions=["add"])
    def end_today(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        by: Any = request.user
        at = timezone.now()
        held = queryset.filter(recorded__upper_inf=True, valid__contains=at.date())
        held = self.in_sight(held, request, self.function("add"))
        end_assignments(assignments=(ended := list(held)), on=at.date(), by=by, at=at)
        self.message_user(request, f"{len(ended)} ended.", messages.SUCCESS)
