from analytics.models.facts import AnswerFact
from analytics.models.rollups import DirtyCell, FillState, UnitDayScores
from analytics.models.worth import WorthCell, WorthPeriod

__all__ = ["AnswerFact", "DirtyCell", "FillState", "UnitDayScores", "WorthCell", "WorthPeriod"]
