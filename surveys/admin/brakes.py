"""Brakes: which programs are stopped or warned of, by which figures; released by a person."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.console import ReadOnlyAdmin
from common.text import grouped
from surveys.models import Brake
from surveys.services.inbound.braking import release


class Holding(admin.SimpleListFilter):
    title = "on or off"
    parameter_name = "on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "On"), ("no", "Off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Brake]) -> QuerySet[Brake]:
        chosen = {"yes": True, "no": False}.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(released_at__isnull=chosen)


@admin.register(Brake)
class BrakeAdmin(ReadOnlyAdmin):
    company_wide = True
    list_display = ("program", "finding", "at", "shares", "released_at", "released_by")
    list_select_related = ("program", "released_by")
    list_filter = (Holding, "level", "what", "program")
    ordering = ("-id",)
    fields = ("program", "finding", "shares", "at", "released_at", "released_by")
    readonly_fields = ("finding", "shares")
    actions = ("release",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self._may(request, "change")  # for the action; a brake itself is never edited

    @admin.display(description="finding", ordering="level")
    def finding(self, brake: Brake) -> str:
        if brake.level == Brake.Level.STOP:
            return f"Stopped: too many {brake.what}" + (". Its messages wait." if brake.released_at is None else "")
        return f"Many {brake.what}"

    @admin.display(description="by these figures")
    def shares(self, brake: Brake) -> str:
        said = brake.figures
        if not said:
            return ""
        number = said["bounced"] if brake.what == Brake.What.BOUNCES else said["complained"]
        days = "a day" if said["days"] == 1 else f"{said['days']} days"
        return f"{grouped(number)} {brake.what} of {grouped(said['sent'])} mails sent in {days}"

    @admin.action(description="Release: its messages go out again", permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Brake]) -> None:
        for brake in self.in_sight(queryset, request, self.function("change")):
            by: Any = request.user
            try:
                release(brake=brake, at=timezone.now(), by=by)
            except ValidationError as refusal:
                self.message_user(request, f"{brake}: {' '.join(refusal.messages)}", messages.ERROR)
            else:
                self.message_user(request, f"{brake.program}: messages go out again.", messages.SUCCESS)
