"""Replays of runs: asked for with a button, done at once or by a worker, kept with what they found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from common.models import User
from surveys.admin.long_work import LongWorkAdmin
from surveys.models import Decision, Replay, TriggerRun
from surveys.services.triggering.auditing import request_replay


def replayed(site: Any, request: HttpRequest, runs: Iterable[TriggerRun]) -> HttpResponse | None:
    """Replay runs and say what came of it; the page of the one that takes longer, if it is the only one."""
    by = cast("User", request.user)
    rows = [request_replay(run=run, by=by, at=timezone.now(), clock=timezone.now) for run in runs]
    for row in rows:
        bad = row.wrong or row.failure
        level = messages.INFO if row.is_under_way else messages.ERROR if bad else messages.SUCCESS
        site.message_user(request, row.sentence, level)
        for line in in_sight(request, row):
            site.message_user(request, line, messages.ERROR)
    long = [row for row in rows if row.is_under_way]
    return redirect("admin:surveys_replay_change", long[0].pk) if len(rows) == len(long) == 1 else None


def in_sight(request: HttpRequest, row: Replay) -> list[str]:
    """The differences of a replay, as far as their decisions are in sight."""
    wrong = {pk for pk, *_ in row.differences}
    if not wrong:
        return []
    seen = Decision.objects.visible_to(request.user, "surveys.view_decision").filter(pk__in=wrong)
    return row.about(set(seen.values_list("pk", flat=True)))


@admin.register(Replay)
class ReplayAdmin(LongWorkAdmin):
    view_function = "surveys.view_triggerrun"
    list_display = ("run", "requested_at", "by", "state", "decisions", "wrong")
    list_select_related = ("run", "by")
    list_filter = ("state",)
    ordering = ("-requested_at",)
    fields = ("run", "by", "requested_at", "started_at", "finished_at")
    change_form_outer_before_template = "admin/surveys/replayed.html"

    def shown(self, request: HttpRequest, work: Replay) -> dict[str, Any]:
        return {"title": work.sentence, "differences": in_sight(request, work)}
