"""Letters to customers, and how many of them repeat others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from closedloop.models import Letter, OutcomeNote
from closedloop.models.letters import ALIKE
from common.console import ReadOnlyAdmin
from common.long_lists import TimeRange
from surveys.services.classifying.owning import RAW

DAYS = 90


class Canned(admin.SimpleListFilter):
    title = "repeats another"
    parameter_name = "canned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Nearly a letter to somebody else"), ("no", "A letter of its own")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        canned = Q(likeness__gte=ALIKE)
        return {"yes": queryset.filter(canned), "no": queryset.exclude(canned)}.get(self.value() or "", queryset)


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    scope_through = "ticket"
    view_function = "closedloop.view_ticket"
    grows = True
    list_before_template = "admin/closedloop/letters.html"
    list_display = ("at", "ticket", "unit", "by", "language", "state", "likeness", "handed_off_at")
    list_filter = (Canned, "state", ("at", TimeRange))
    list_select_related = ("ticket__unit", "by")
    ordering = ("-id",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        text = "text" if request.user.has_perm(RAW) else "words"
        return ("ticket", text, "language", "by", "at", "state", "reply", "handed_off_at", "nearest", "likeness")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj)

    @admin.display(description="text")
    def words(self, letter: Letter) -> str:
        return letter.words

    @admin.display(description="Unit")
    def unit(self, letter: Letter) -> str:
        return letter.ticket.unit.name

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        lately = Letter.objects.filter(at__gt=timezone.now() - timedelta(days=DAYS))
        seen = self.in_sight(lately, request, self.function("view"))
        counted = seen.aggregate(letters=Count("pk"), canned=Count("pk", filter=Q(likeness__gte=ALIKE)))
        share = 100 * counted["canned"] / counted["letters"] if counted["letters"] else 0
        return super().changelist_view(request, {**counted, "share": share, "days": DAYS, **(extra_context or {})})


@admin.register(OutcomeNote)
class OutcomeNoteAdmin(ReadOnlyAdmin):
    """Who heard what came of what they raised, and who could not be written to."""

    scope_through = "elevation"
    view_function = "closedloop.view_elevation"
    grows = True
    list_display = ("due_at", "initiative", "customer", "state", "reply", "language", "handed_off_at")
    list_filter = ("state", "initiative")
    list_select_related = ("initiative", "customer")
    ordering = ("-id",)
    fields = ("initiative", "telling", "customer", "elevation", "state", "reply", "language", "due_at", "handed_off_at")
