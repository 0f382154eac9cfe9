"""Root causes: editions of the tree, their causes, and findings that a second person codes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from closedloop.errors import EditionRefused
from closedloop.forms.causes import EditionForm, RootCauseForm, SecondCodingForm
from closedloop.models import CauseEdition, RootCause, SecondCoding
from closedloop.services.reading_causes import read_causes
from common.console import ScopedAdmin


@admin.register(CauseEdition)
class CauseEditionAdmin(ScopedAdmin):
    """To add one makes the next draft of the tree; publishing is an action of the list."""

    company_wide = True
    counts_all = True
    deletable = True
    form = EditionForm
    change_form_outer_before_template = "admin/closedloop/causes.html"
    list_display = ("__str__", "note", "published_at", "published_by", "second_share")
    list_select_related = ("published_by",)
    fields = ("note", "second_share")
    actions = ("publish",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.published_at is None) and super().has_delete_permission(request, obj)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        edition = super().save_form(request, form, change)
        return edition if change else form.draft(by=request.user, at=timezone.now())

    def save_model(self, request: HttpRequest, obj: CauseEdition, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        edition = self.row(request, object_id, action="view")
        reading = read_causes(edition, principal=request.user)
        return super().change_view(request, object_id, form_url, {"reading": reading, **(extra_context or {})})

    @admin.action(description="Publish the draft", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[CauseEdition]) -> None:
        by: Any = request.user
        for edition in queryset:
            try:
                edition.publish(by=by, at=timezone.now())
            except EditionRefused as refusal:
                messages.error(request, f"{edition}: {refusal.message}")
            else:
                messages.success(request, f"{edition} is in force.")


@admin.register(RootCause)
class RootCauseAdmin(ScopedAdmin):
    """Causes of a draft are edited and deleted; those of a published edition are read."""

    company_wide = True
    deletable = True
    form = RootCauseForm
    list_display = ("name", "code", "path", "edition", "active", "offered")
    list_filter = ("edition", "active")
    list_select_related = ("edition",)
    search_fields = ("name", "code", "path")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_draft(obj) and super().has_delete_permission(request, obj)


def _is_draft(cause: Any) -> bool:
    return not isinstance(cause, RootCause) or cause.edition.published_at is None


@admin.register(SecondCoding)
class SecondCodingAdmin(ScopedAdmin):
    """Findings of others whose cause is asked once more. What the first person said is not shown."""

    scope_through = "finding__ticket"
    form = SecondCodingForm
    list_display = ("words", "unit", "asked_at")
    list_select_related = ("finding__ticket__unit",)
    ordering = ("asked_at",)
    fields = ("words", "root_cause")
    readonly_fields = ("words",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecondCoding]:
        by: Any = request.user
        return super().get_queryset(request).filter(at=None).exclude(finding__by=by)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="What was learned")
    def words(self, row: SecondCoding) -> str:
        return row.finding.learned

    @admin.display(description="Unit")
    def unit(self, row: SecondCoding) -> str:
        return row.finding.ticket.unit.name

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        offered = {"queryset": RootCause.objects.offered()}
        return super().formfield_for_foreignkey(db_field, request, **{**kwargs, **offered})

    def save_model(self, request: HttpRequest, obj: SecondCoding, form: Any, change: bool) -> None:
        by: Any = request.user
        obj.code(obj.root_cause, by=by, at=timezone.now())  # type: ignore[arg-type]  # the form asks for it
