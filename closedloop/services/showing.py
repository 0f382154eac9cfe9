"""What customers may read of the work on their answers: that it was taken on, by whom, whether we reached them and how
it ended. Never what colleagues wrote down: notes, findings, actions, costs, summaries and causes stay inside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from django.db.models import Prefetch
from django.db.models.functions import Coalesce

from closedloop.models import ContactAttempt, Ticket, TicketSignal
from closedloop.models.tickets import Closure, Handover, TicketJoin, TicketOutcome
from surveys.own_steps import Kind, Step, Steps

_SPOKEN = {ContactAttempt.Outcome.REACHED, ContactAttempt.Outcome.LATER, ContactAttempt.Outcome.REFUSED}
_IN_PERSON = {Kind.REACHED, Kind.NOT_REACHED, Kind.DUE}  # true of the customer of the ticket alone
_ENDED = {
    TicketOutcome.RESOLVED: Kind.SETTLED,
    TicketOutcome.UNRESOLVED: Kind.NOT_SETTLED,
    TicketOutcome.UNREACHED: Kind.UNREACHED,
    TicketOutcome.NO_ACTION: Kind.READ,
}


def steps_of(responses: Collection[int]) -> Steps:
    """What was done about each of these answers (ids); a fixed number of queries for any number."""
    pairs = TicketSignal.objects.filter(signal__response__in=responses).values_list("signal__response", "ticket")
    of_ticket: dict[int, set[int]] = defaultdict(set)
    elsewhere: set[int] = set()
    for response, ticket in pairs:
        if response is not None:
            of_ticket[ticket].add(response)
    for joined, kept, one_person in _joins(of_ticket):  # the work went on there
        answers = of_ticket.pop(joined, set())
        of_ticket[kept] |= answers
        elsewhere |= set() if one_person else answers
    steps: Steps = defaultdict(list)
    for work in _tickets(of_ticket):
        for answer in of_ticket[work.pk]:
            steps[answer].extend(
                step for step in _steps(work) if answer not in elsewhere or step.kind not in _IN_PERSON
            )
    return steps


def _joins(tickets: Collection[int]) -> list[tuple[int, int, bool]]:
    """(joined, kept, whether their customers are one person, or one of them is nobody we know)."""
    one, other = (Coalesce(f"{side}__customer__canonical", f"{side}__customer") for side in ("kept", "joined"))
    joins = TicketJoin.objects.filter(joined__in=list(tickets), undone_at=None).order_by("-at")
    found = joins.annotate(one=one, other=other).values_list("joined", "kept", "one", "other")
    return [(joined, kept, None in pair or pair[0] == pair[1]) for joined, kept, *pair in found]


def _tickets(ids: Collection[int]) -> list[Ticket]:
    rows = Ticket.objects.filter(pk__in=ids).select_related("unit", "owner")
    tries = ContactAttempt.objects.made().exclude(outcome=ContactAttempt.Outcome.WRITTEN)
    return list(
        rows.prefetch_related(
            Prefetch("attempts", tries.order_by("number")),
            Prefetch("handovers", Handover.objects.filter(opening=False).select_related("to").order_by("at")),
            Prefetch("closures", Closure.objects.filter(reopened_at=None)),
        )
    )


def _steps(ticket: Ticket) -> Iterator[Step]:
    handovers = [row for row in ticket.handovers.all() if row.to]
    first = "" if handovers or not ticket.owner else ticket.owner.name
    yield Step(Kind.TAKEN_ON, ticket.opened_at, first, ticket.unit.name)
    yield from (Step(Kind.HANDED_OVER, row.at, row.to.name) for row in handovers if row.to)
    for attempt in ticket.attempts.all():
        if attempt.made_at:
            yield Step(Kind.REACHED if attempt.outcome in _SPOKEN else Kind.NOT_REACHED, attempt.made_at)
    for closure in ticket.closures.all():
        if outcome := _ENDED.get(TicketOutcome(closure.outcome)):
            yield Step(outcome, closure.at)
    if ticket.is_open and not ticket.do_not_call:
        yield Step(Kind.DUE, ticket.due_at)
