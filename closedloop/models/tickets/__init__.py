from closedloop.models.tickets.acting import Action
from closedloop.models.tickets.attempting import ContactAttempt
from closedloop.models.tickets.ending import CLOSINGS, Closure, TicketJoin, TicketOutcome
from closedloop.models.tickets.learning import Finding
from closedloop.models.tickets.owning import Handover
from closedloop.models.tickets.sets import NOT_TO_CALL, TicketQuerySet, due_by_tonight
from closedloop.models.tickets.ticket import Ticket

__all__ = [
    "CLOSINGS",
    "NOT_TO_CALL",
    "Action",
    "Closure",
    "ContactAttempt",
    "Finding",
    "Handover",
    "Ticket",
    "TicketJoin",
    "TicketOutcome",
    "TicketQuerySet",
    "due_by_tonight",
]
