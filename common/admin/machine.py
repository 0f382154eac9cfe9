"""What came in, whether the machine moves, and where it stumbled."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.console import ReadOnly, ReadOnlyAdmin
from common.models import Heartbeat, Load, Trial, User
from common.panelled import PanelledAdmin
from common.text import grouped

RELEASE = "common.release_trial"


@admin.register(Load)
class LoadAdmin(ReadOnly, PanelledAdmin):
    """Every arrival of many rows: what it was, what became of the rows, who, how long."""

    page = "load"
    company_wide = True
    list_display = ("started_at", "kind", "source", "name", "state", "rows", "took", "by")
    list_display_links = ("started_at", "kind")
    list_select_related = ("by",)
    list_filter = ("kind", "dry_run", ("failure", admin.EmptyFieldListFilter))
    search_fields = ("name", "source", "=digest")
    ordering = ("-started_at",)
    fields = (
        "kind", "source", "name", "state", "rows", "started_at", "finished_at", "took", "by", "failure", "size",
        "options", "digest",
    )  # fmt: skip
    readonly_fields = ("state", "rows", "took")

    @admin.display(description="state")
    def state(self, load: Load) -> str:
        if load.failure and not load.finished_at:
            return f"broke off at {load.percent} %"
        if load.failure:
            return "refused"
        done = "tried, nothing written" if load.dry_run else "done"
        return done if load.finished_at else f"{load.percent} %"

    @admin.display(description="what became of the rows")
    def rows(self, load: Load) -> str:
        return ", ".join(f"{grouped(number)} {said}" for number, said in load.outcome)

    @admin.display(description="took")
    def took(self, load: Load) -> str:
        return "" if load.took is None else f"{load.took.total_seconds():.0f} s"


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
