"""Recovery studies, agreed on and stopped here, and the draws they made."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from closedloop.forms.recovery import RecoveryStudyForm
from closedloop.models import RecoveryDraw, RecoveryStudy
from closedloop.services.holding_out import replay
from closedloop.services.releasing import release
from common.console import ReadOnlyAdmin, ScopedAdmin
from common.models import User
from common.text import number_of
from crm.searching import HELP, of_customer

FIXED = ("code", "agreed_with", "agreed_on", "rule", "condition", "share", "hold_days", "ask_after_days", "since")
STOPPED_IN_THE_CONSOLE = "stopped in the console"


@admin.register(RecoveryStudy)
class RecoveryStudyAdmin(ScopedAdmin):
    company_wide = True
    form = RecoveryStudyForm
    list_display = ("name", "code", "share", "since", "until", "stopped_at", "agreed_with", "agreed_on")
    search_fields = ("name", "code")
    ordering = ("-since",)
    actions = ("stop", "draw_again")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return FIXED if obj else ()  # another share or condition would be another study

    def save_model(self, request: HttpRequest, obj: RecoveryStudy, form: Any, change: bool) -> None:
        obj.agreed_by = obj.agreed_by if change else cast("User", request.user)
        super().save_model(request, obj, form, change)

    @admin.action(description="Stop: nobody is drawn, and whoever is held out is called", permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[RecoveryStudy]) -> None:
        for study in self.in_sight(queryset, request, self.function("change")):
            stopped = study.stop(why=STOPPED_IN_THE_CONSOLE, by=cast("User", request.user), at=timezone.now())
            said = "stopped. Whoever is held out is called within minutes." if stopped else "was stopped before."
            self.message_user(request, f"{study}: {said}", messages.SUCCESS if stopped else messages.INFO)

    @admin.action(description="Draw again, and compare", permissions=["view"])
    def draw_again(self, request: HttpRequest, queryset: QuerySet[RecoveryStudy]) -> None:
        for study in self.in_sight(queryset, request, self.function("view")):
            draws, wrong = replay(study)
            told = f"{study}: {number_of(draws, 'draw')}, {wrong or 'none'} otherwise than the lot gives."
            self.message_user(request, told, messages.ERROR if wrong else messages.SUCCESS)


class Held(admin.SimpleListFilter):
    title = "held out now"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return cast("Any", queryset).held(timezone.now()) if self.value() == "yes" else queryset


@admin.register(RecoveryDraw)
class RecoveryDrawAdmin(ReadOnlyAdmin):
    """Who was drawn, and who is held out. Only those who must know see it: a branch that knew could call."""

    grows = True
    list_display = ("at", "study", "customer", "unit", "arm", "held_until", "released_at", "released_why")
    list_select_related = ("study", "customer", "unit")
    list_filter = (Held, "study", "arm", "released_why")
    search_fields = of_customer()
    search_help_text = HELP
    ordering = ("-id",)
    actions = ("call_after_all",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self._may(request, "change")  # for the action; a draw itself is never edited

    @admin.action(description="Call after all", permissions=["change"])
    def call_after_all(self, request: HttpRequest, queryset: QuerySet[RecoveryDraw]) -> None:
        lots = list(self.in_sight(queryset, request, self.function("change")))
        by = cast("User", request.user)
        number = release(lots, why=RecoveryDraw.Why.STAFF, by=by, at=timezone.now())
        self.message_user(request, f"{number_of(number, 'ticket')} opened.", messages.SUCCESS)
