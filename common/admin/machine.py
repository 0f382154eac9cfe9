"""What came in, whether the machine moves, and where it stumbled."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.console import ReadOnlyAdmin
from common.models import Heartbeat, Load, Trial, User

RELEASE = "common.release_trial"


@admin.register(Load)
class LoadAdmin(ReadOnlyAdmin):
    company_wide = True
    list_display = ("started_at", "kind", "source", "name", "counts", "finished_at", "failure", "by")
    list_display_links = ("started_at",)
    list_select_related = ("by",)
    list_filter = ("kind",)
    search_fields = ("name", "source", "=digest")
    ordering = ("-started_at",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    company_wide = True
    list_display = ("name", "at")
    ordering = ("name",)


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin):
    """Rows at which a stage failed: tried again by themselves for hours, then parked until somebody releases them."""

    company_wide = True
    list_display = ("stage", "rows", "tries", "reason", "since", "due_at", "parked_at")
    list_filter = ("stage", ("parked_at", admin.EmptyFieldListFilter))
    search_fields = ("stage", "=first")
    ordering = ("-since", "-id")
    fields = ("stage", "first", "last", "tries", "reason", "since", "due_at", "parked_at")
    actions = ("release",)

    @admin.display(description="rows")
    def rows(self, trial: Trial) -> str:
        return str(trial.first) if trial.alone else f"{trial.first} to {trial.last}"

    def has_release_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RELEASE)

    @admin.action(description="Try again (what is parked)", permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Trial]) -> None:
        by = request.user if isinstance(request.user, User) else None
        released = sum(trial.release(by=by, at=timezone.now()) for trial in queryset)
        told = f"{released} to be tried again." if released else "Nothing was parked."
        self.message_user(request, told, messages.SUCCESS if released else messages.WARNING)
