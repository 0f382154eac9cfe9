from analytics.models.facts import AnswerFact
from analytics.models.invitation_facts import InvitationFact
from analytics.models.rollups import DirtyCell, FillState, UnitDayDispositions, UnitDayScores
from analytics.models.worth import WorthCell, WorthPeriod

__all__ = [
    "AnswerFact",
    "DirtyCell",
    "FillState",
    "InvitationFact",
    "UnitDayDispositions",
    "UnitDayScores",
    "WorthCell",
    "WorthPeriod",
]
