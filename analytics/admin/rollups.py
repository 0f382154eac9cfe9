from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from analytics.models import FillState
from analytics.services.filling import request_rebuild
from analytics.stats import ROLLUPS
from common.console import ReadOnlyAdmin

KEYS = {rollup.name: ", ".join(rollup.keys) for rollup in ROLLUPS}


@admin.register(FillState)
class FillStateAdmin(ReadOnlyAdmin):
    """The declared rollups and how far each is filled."""

    company_wide = True
    list_display = ("rollup", "counted_by", "status", "at", "answers")
    actions = ("compute_anew",)

    @admin.display(description="Counted by")
    def counted_by(self, state: FillState) -> str:
        return KEYS.get(state.rollup, "no longer declared")

    def has_rebuild_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("analytics.change_fillstate")

    @admin.action(description="Compute all rollups anew", permissions=["rebuild"])
    def compute_anew(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        by: Any = request.user  # whoever may act here is signed in
        request_rebuild(by=by, at=timezone.now(), chosen=queryset)
        messages.success(request, "All rollups are being computed anew; pages show the old figures until it is done.")
