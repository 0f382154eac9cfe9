"""The event trail: what happened to what, by whom. A person reads only the events of rows in their sight."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    Field,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from common.console import ReadOnlyAdmin, ScopedAdmin
from common.long_lists import TimeRange
from common.models import Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Seen kind by kind through the sight of the subject's own admin; kinds without an admin only by the operator."""

    company_wide = True
    grows = True
    list_display = ("at", "what", "subject", "by", "data")
    list_display_links = ("what",)
    list_select_related = ("by",)
    list_filter = (("at", TimeRange),)
    search_fields = ("what__startswith", "subject_id__exact")
    search_help_text = "The beginning of an event's name, or the id of its subject"
    ordering = ("-id",)
    fields = ("at", "what", "subject", "by", "data", "dispatched_at")

    def in_sight(
        self, rows: QuerySet[Any], request: HttpRequest, function: str | None, *, listed: bool = False
    ) -> QuerySet[Any]:
        if getattr(request.user, "is_superuser", False):
            return rows
        told = set(Event.objects.kinds())  # of the others nobody need say who sees them: planning it takes long
        kinds = [self._kind(owner, request) for owner in self._owners() if owner.opts.label_lower in told]
        # CASE keeps the database from reading an id of one kind as a number of another
        return rows.filter(Case(*kinds, default=Value(value=False), output_field=BooleanField()))

    def _owners(self) -> list[ScopedAdmin]:
        return [
            owner
            for owner in self.admin_site._registry.values()
            if isinstance(owner, ScopedAdmin) and owner is not self
        ]

    def _kind(self, owner: ScopedAdmin, request: HttpRequest) -> When:
        seen = owner.in_sight(owner.model._default_manager.all(), request, None)
        key = Cast(OuterRef("subject_id"), output_field=_plain(owner.opts.pk))
        there: Any = Value(value=True) if owner.company_wide else Exists(seen.filter(pk=key))
        return When(subject_kind=owner.opts.label_lower, then=there)

    @admin.display(description="subject")
    def subject(self, event: Event) -> str:
        app, _, model = event.subject_kind.partition(".")
        name = f"{model} {event.subject_id}"
        try:
            return format_html(
                '<a href="{}">{}</a>', reverse(f"admin:{app}_{model}_change", args=[event.subject_id]), name
            )
        except NoReverseMatch:
            return name


def _plain(key: Any) -> Field[Any, Any]:
    """The field to cast an id to; an automatic key is a number to the cast."""
    while key.remote_field:
        key = key.target_field
    return BigIntegerField() if isinstance(key, AutoField | BigAutoField) else key.clone()
