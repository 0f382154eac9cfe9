"""The console's room "Learn": scores by day, facts and the rollups."""

from analytics.admin.facts import AnswerFactAdmin, UnitDayScoresAdmin
from analytics.admin.rollups import FillStateAdmin

__all__ = ["AnswerFactAdmin", "FillStateAdmin", "UnitDayScoresAdmin"]
