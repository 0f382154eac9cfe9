from analytics.models.facts import AnswerFact
from analytics.models.rollups import DirtyCell, FillState, UnitDayScores

__all__ = ["AnswerFact", "DirtyCell", "FillState", "UnitDayScores"]
