from closedloop.models.alerts import Alert, AlertRule
from closedloop.models.observations import Observation
from closedloop.models.policies import RootCause, ServicePolicy
from closedloop.models.raisings import Raising
from closedloop.models.recovery import RecoveryDraw, RecoveryStudy, SecondAsk
from closedloop.models.signals import CustomerSignal, TicketSignal
from closedloop.models.targets import EscalationStep, ServiceTarget, Stage
from closedloop.models.tickets import (
    Action,
    Clock,
    Closure,
    ContactAttempt,
    Escalation,
    Finding,
    Handover,
    Pause,
    Ticket,
    TicketJoin,
)

__all__ = [
    "Action",
    "Alert",
    "AlertRule",
    "Clock",
    "Closure",
    "ContactAttempt",
    "CustomerSignal",
    "Escalation",
    "EscalationStep",
    "Finding",
    "Handover",
    "Observation",
    "Pause",
    "Raising",
    "RecoveryDraw",
    "RecoveryStudy",
    "RootCause",
    "SecondAsk",
    "ServicePolicy",
    "ServiceTarget",
    "Stage",
    "Ticket",
    "TicketJoin",
    "TicketSignal",
]
