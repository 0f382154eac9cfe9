from closedloop.models.alerts import Alert, AlertRule
from closedloop.models.observations import Observation
from closedloop.models.policies import RootCause, ServicePolicy
from closedloop.models.raisings import Raising
from closedloop.models.signals import CustomerSignal, TicketSignal
from closedloop.models.tickets import Action, Closure, ContactAttempt, Finding, Handover, Ticket, TicketJoin

__all__ = [
    "Action",
    "Alert",
    "AlertRule",
    "Closure",
    "ContactAttempt",
    "CustomerSignal",
    "Finding",
    "Handover",
    "Observation",
    "Raising",
    "RootCause",
    "ServicePolicy",
    "Ticket",
    "TicketJoin",
    "TicketSignal",
]
