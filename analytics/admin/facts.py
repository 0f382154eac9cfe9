from __future__ import annotations

from django.contrib import admin

from analytics.models import AnswerFact, UnitDayScores
from common.console import ReadOnlyAdmin


@admin.register(AnswerFact)
class AnswerFactAdmin(ReadOnlyAdmin):
    """What the analytic database knows of each answer."""

    view_function = "analytics.view_scores"
    grows = True
    list_display = ("day", "unit", "program", "channel", "score", "product", "loaded")
    list_select_related = ("unit", "program")
    list_filter = ("unit", "program", "channel", "loaded")
    ordering = ("-pk",)


@admin.register(UnitDayScores)
class UnitDayScoresAdmin(ReadOnlyAdmin):
    """The cells of the first rollup."""

    view_function = "analytics.view_scores"
    grows = True
    list_display = ("day", "unit", "program", "channel", "answers", "promoters", "passives", "detractors", "loaded")
    list_select_related = ("unit", "program")
    list_filter = ("unit", "program", "channel")
    ordering = ("-pk",)

    def answers(self, cell: UnitDayScores) -> int:
        return cell.counts.n

    def promoters(self, cell: UnitDayScores) -> int:
        return cell.counts.promoters

    def passives(self, cell: UnitDayScores) -> int:
        return cell.counts.passives

    def detractors(self, cell: UnitDayScores) -> int:
        return cell.counts.detractors
