from analytics.models.facts import AnswerFact
from analytics.models.goals import Goal
from analytics.models.invitation_facts import InvitationFact
from analytics.models.launches import Expectation, Launch, Shortfall, ShortfallPhrase
from analytics.models.patterns import Pattern, PatternCount, PatternDismissal
from analytics.models.rollups import (
    DirtyCell,
    FillState,
    UnitDayDispositions,
    UnitDayScores,
    UnitMonthProducts,
    UnitMonthScores,
)
from analytics.models.worth import WorthCell, WorthPeriod

__all__ = [
    "AnswerFact",
    "DirtyCell",
    "Expectation",
    "FillState",
    "Goal",
    "InvitationFact",
    "Launch",
    "Pattern",
    "PatternCount",
    "PatternDismissal",
    "Shortfall",
    "ShortfallPhrase",
    "UnitDayDispositions",
    "UnitDayScores",
    "UnitMonthProducts",
    "UnitMonthScores",
    "WorthCell",
    "WorthPeriod",
]
