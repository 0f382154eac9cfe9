"""The console's room "Learn": scores by day, facts, rollups; goals; launches; initiatives; what a unit's page tells of
asking."""

from analytics.admin import conditions, panels, public_links
from analytics.admin.facts import AnswerFactAdmin, UnitDayScoresAdmin
from analytics.admin.goals import GoalAdmin
from analytics.admin.initiatives import InitiativeAdmin
from analytics.admin.launches import LaunchAdmin
from analytics.admin.rollups import FillStateAdmin
from analytics.services.foreseeing import History
from crm.services.organization import effects

__all__ = [
    "AnswerFactAdmin",
    "FillStateAdmin",
    "GoalAdmin",
    "InitiativeAdmin",
    "LaunchAdmin",
    "UnitDayScoresAdmin",
    "conditions",
    "panels",
    "public_links",
]

effects.register(History())
