from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.console import ReadOnlyAdmin
from common.models import User
from distribution.models import Dispatch

RESEND = "distribution.change_dispatch"


@admin.register(Dispatch)
class DispatchAdmin(ReadOnlyAdmin):
    """Mails to staff: who was told what, and what became of it."""

    grows = True
    list_display = ("employee", "kind", "state", "due_at", "handed_off_at", "read_at", "attempts", "reply")
    list_select_related = ("employee",)
    list_filter = ("kind", "state", "due_at")
    search_fields = ("employee__name",)
    ordering = ("-id",)
    fields = (
        "employee", "kind", "alert", "digest", "escalation", "huddle", "thanks", "talk", "handover",
        "pattern", "state", "created_at", "due_at", "attempts",
        "handed_off_at", "read_at", "carrier", "message_id", "reply",
    )  # fmt: skip
    actions = ("resend",)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RESEND)

    @admin.action(description="Send again (failed, lost or cancelled)", permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Dispatch]) -> None:
        rows = self.in_sight(queryset, request, RESEND)
        by = request.user if isinstance(request.user, User) else None
        sent = sum(row.resend(by=by, at=timezone.now()) for row in rows)
        self.message_user(
            request, self._told(sent, queryset.count() - sent), messages.SUCCESS if sent else messages.WARNING
        )

    def _told(self, sent: int, left: int) -> str:
        told = f"{sent} to be sent again." if sent else "Nothing to send again."
        return f"{told} {left} left as they are: under way, arrived, or not yours to send." if left else told
