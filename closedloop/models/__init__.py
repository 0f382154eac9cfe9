from closedloop.models.alerts import Alert, AlertRule
from closedloop.models.authority import ActionKind, AuthorityLimit
from closedloop.models.causes import CauseEdition, RootCause, SecondCoding
from closedloop.models.elevations import Elevation, Seconding
from closedloop.models.filters import SavedFilter
from closedloop.models.initiatives import Initiative, InitiativeStep
from closedloop.models.letters import CustomerReply, Letter
from closedloop.models.observations import Observation
from closedloop.models.policies import ServicePolicy
from closedloop.models.priorities import Priority, PriorityBand
from closedloop.models.raisings import Raising
from closedloop.models.recovery import RecoveryDraw, RecoveryStudy, SecondAsk
from closedloop.models.rollouts import RolloutStage, StageUnit
from closedloop.models.routes import RoutingRule
from closedloop.models.signals import CustomerSignal, TicketSignal
from closedloop.models.sizings import Sizing
from closedloop.models.targets import EscalationStep, ServiceTarget, Stage
from closedloop.models.tellings import OutcomeNote, Telling
from closedloop.models.tickets import (
    Action,
    ActionDecision,
    Clock,
    Closure,
    ContactAttempt,
    Escalation,
    Finding,
    FollowUp,
    Handover,
    Pause,
    PriorityChange,
    Promise,
    Ticket,
    TicketJoin,
)

__all__ = [
    "Action",
    "ActionDecision",
    "ActionKind",
    "Alert",
    "AlertRule",
    "AuthorityLimit",
    "CauseEdition",
    "Clock",
    "Closure",
    "ContactAttempt",
    "CustomerReply",
    "CustomerSignal",
    "Elevation",
    "Escalation",
    "EscalationStep",
    "Finding",
    "FollowUp",
    "Handover",
    "Initiative",
    "InitiativeStep",
    "Letter",
    "Observation",
    "OutcomeNote",
    "Pause",
    "Priority",
    "PriorityBand",
    "PriorityChange",
    "Promise",
    "Raising",
    "RecoveryDraw",
    "RecoveryStudy",
    "RolloutStage",
    "RootCause",
    "RoutingRule",
    "SavedFilter",
    "SecondAsk",
    "SecondCoding",
    "Seconding",
    "ServicePolicy",
    "ServiceTarget",
    "Sizing",
    "Stage",
    "StageUnit",
    "Telling",
    "Ticket",
    "TicketJoin",
    "TicketSignal",
]
