"""What customers may read of the work on their answers: that it was taken on, by whom, whether we reached them and how
it ended. Never what colleagues wrote down: notes, findings, actions, costs, summaries and causes stay inside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from django.db.models import Prefetch

from closedloop.models import ContactAttempt, Ticket, TicketSignal
from closedloop.models.tickets import Closure, Handover, TicketJoin, TicketOutcome
from surveys.own_steps import Kind, Step, Steps

_SPOKEN = {ContactAttempt.Outcome.REACHED, ContactAttempt.Outcome.LATER, ContactAttempt.Outcome.REFUSED}
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
    for response, ticket in pairs:
        if response is not None:
            of_ticket[ticket].add(response)
    for joined, kept in _joins(of_ticket):  # the work went on there
        of_ticket[kept] |= of_ticket.pop(joined, set())
    steps: Steps = defaultdict(list)
    for work in _tickets(of_ticket):
        for answer in of_ticket[work.pk]:
            steps[answer].extend(_steps(work))
    return steps


def _joins(tickets: Collection[int]) -> list[tuple[int, int]]:
    joins = TicketJoin.objects.filter(joined__in=list(tickets), undone_at=None).order_by("-at")
    return list(joins.values_list("joined", "kept"))


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
