from closedloop.models.alerts import Alert, AlertRule
from closedloop.models.policies import RootCause, ServicePolicy
from closedloop.models.signals import CustomerSignal
from closedloop.models.ticket_rows import Action, Closure, ContactAttempt, Finding, Handover, TicketJoin, TicketSignal
from closedloop.models.tickets import Ticket

__all__ = [
    "Action",
    "Alert",
    "AlertRule",
    "Closure",
    "ContactAttempt",
    "CustomerSignal",
    "Finding",
    "Handover",
    "RootCause",
    "ServicePolicy",
    "Ticket",
    "TicketJoin",
    "TicketSignal",
]
