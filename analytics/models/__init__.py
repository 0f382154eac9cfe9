from analytics.models.facts import AnswerFact
from analytics.models.goals import Goal
from analytics.models.invitation_facts import InvitationFact
from analytics.models.patterns import Pattern, PatternCount, PatternDismissal
from analytics.models.rollups import DirtyCell, FillState, UnitDayDispositions, UnitDayScores
from analytics.models.worth import WorthCell, WorthPeriod

__all__ = [
    "AnswerFact",
    "DirtyCell",
    "FillState",
    "Goal",
    "InvitationFact",
    "Pattern",
    "PatternCount",
    "PatternDismissal",
    "UnitDayDispositions",
    "UnitDayScores",
    "WorthCell",
    "WorthPeriod",
]
