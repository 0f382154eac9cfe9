"""Filters of the list of tickets that people keep under a name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from closedloop.models import SavedFilter
from closedloop.models.filters import TICKETS, cleaned_query
from common.console import ScopedAdmin
from crm.models import OrgUnit
from crm.sight import assignments_of

VIEW = "closedloop.view_ticket"
MOST = 30  # above the list; all of them are on their own page


class SavedFilterForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A name for what the list shows now. `by`: whose it is to be."""

    by: Any = None

    class Meta:
        model = SavedFilter
        fields = ["name", "query", "unit"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if SavedFilter.objects.filter(by=self.by, name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("You have a filter of this name already.")
        return name

    def clean_query(self) -> str:
        try:
            return cleaned_query(self.cleaned_data["query"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


@admin.register(SavedFilter)
class SavedFilterAdmin(ScopedAdmin):
    """Kept from the list of tickets, where they stand above it; changed and thrown away by their author alone."""

    form = SavedFilterForm
    deletable = True
    view_function = add_function = change_function = delete_function = VIEW
    list_display = ("name", "query", "unit", "by")
    list_select_related = ("unit", "by")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedFilter]:
        """Of the list of tickets; views of other pages have a page of their own."""
        rows: QuerySet[SavedFilter] = super().get_queryset(request)
        return rows.filter(page=TICKETS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_theirs(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_theirs(request, obj) and super().has_delete_permission(request, obj)

    def _is_theirs(self, request: HttpRequest, obj: Any) -> bool:
        return not isinstance(obj, SavedFilter) or obj.by_id == request.user.pk

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, *args, **kwargs)
        form.by = request.user
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = OrgUnit.objects.filter(pk__in=assignments_of(request.user).values("unit"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: SavedFilter, form: Any, change: bool) -> None:
        by: Any = request.user
        obj.by = obj.by if change else by
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: SavedFilter, post_url_continue: str | None = None
    ) -> HttpResponse:
        super().response_add(request, obj, post_url_continue)
        return redirect(address_of(obj))


def address_of(kept: SavedFilter) -> str:
    return f"{reverse('admin:closedloop_ticket_changelist')}?{kept.query}"


def kept_by(user: Any) -> QuerySet[SavedFilter]:
    """Those above the list: one's own and shared ones, by name."""
    return SavedFilter.objects.visible_to(user).filter(page=TICKETS).select_related("by__employee")[:MOST]
