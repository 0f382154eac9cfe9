from closedloop.models.tickets.acting import Action, ActionDecision
from closedloop.models.tickets.attempting import TRIES, UNUSABLE, WAYS, ContactAttempt
from closedloop.models.tickets.clocks import WARNING, Clock, Escalation
from closedloop.models.tickets.ending import CLOSINGS, Closure, TicketJoin, TicketOutcome
from closedloop.models.tickets.learning import Finding
from closedloop.models.tickets.owning import Handover
from closedloop.models.tickets.pausing import Pause
from closedloop.models.tickets.pressing import PriorityChange
from closedloop.models.tickets.promising import FollowUp, Promise
from closedloop.models.tickets.sets import NOT_TO_CALL, TicketQuerySet, due_by_tonight, of_team, unattended
from closedloop.models.tickets.ticket import Ticket

__all__ = [
    "CLOSINGS",
    "NOT_TO_CALL",
    "TRIES",
    "UNUSABLE",
    "WARNING",
    "WAYS",
    "Action",
    "ActionDecision",
    "Clock",
    "Closure",
    "ContactAttempt",
    "Escalation",
    "Finding",
    "FollowUp",
    "Handover",
    "Pause",
    "PriorityChange",
    "Promise",
    "Ticket",
    "TicketJoin",
    "TicketOutcome",
    "TicketQuerySet",
    "due_by_tonight",
    "of_team",
    "unattended",
]
