"""What the clocks of tickets show, worked out from their rows and kept as `Clock`; what is to be told of them, as
planned `Escalation`; when the next contact is due, on the ticket. As many statements for one ticket as for hundreds.

Whatever has ended stays as it was counted: a calendar that changes later moves what is still to come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from closedloop.clocks import Span, Timeline, deadline, open_time
from closedloop.milestones import ATTEMPT, CONTACT, MET, RESOLUTION, Ending, Reading, Round, Story, readings, rounds_of
from closedloop.models.alerts import Alert
from closedloop.models.terms import Lines, Terms
from closedloop.models.tickets.attempting import ContactAttempt
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.clocks import WARNING, Clock, Escalation
from closedloop.models.tickets.ending import Closure, TicketJoin
from closedloop.models.tickets.owning import Handover
from closedloop.models.tickets.pausing import Pause
from closedloop.models.tickets.pressing import PriorityChange
from common.models import Event

CLOCK = ["started_at", "target", "due_at", "outcome", "ended_at", "took", "took_open"]
PLAN = ["percent", "to", "role", "due_at"]


@dataclass
class Facts:
    """The rows of one ticket."""

    attempts: list[ContactAttempt] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    clocks: dict[tuple[int, str], Clock] = field(default_factory=dict)
    asked: list[tuple[datetime, int]] = field(default_factory=list)  # when which policies asked for a call
    owned_from_the_start: bool | None = None

    def story(self, ticket: TicketBase) -> Story:
        tries = [(row.made_at, row.outcome) for row in self.attempts if row.made_at and row.outcome != "cancelled"]
        endings = [Ending(row.at, row.outcome, row.reopened_at) for row in self.closures]
        return Story(ticket.opened_at, self._owned_at(ticket), tries, endings, quiet=ticket.do_not_call)

    def _owned_at(self, ticket: TicketBase) -> datetime | None:
        """Without a handover it is still with its first owner; with one the event of its opening knows of that."""
        if self.owned_from_the_start or (not self.handovers and ticket.owner_id):
            return ticket.opened_at
        return min((row.at for row in self.handovers if row.to_id), default=None)


class Claim(NamedTuple):
    """What binds a clock: so many open minutes since then, under that policy."""

    due_at: datetime
    since: datetime
    minutes: int
    warn_percent: int | None
    policy: int


def reckon(tickets: Sequence[TicketBase], *, at: datetime) -> None:
    """Bring the clocks, plans and due times of `tickets` up to date. The caller holds their locks, and has read them
    with unit, calendar and policy."""
    if not tickets:
        return
    facts = _facts(tickets)
    terms = Terms({ticket.unit_id for ticket in tickets}, on=at.date())
    lines = Lines([at, *(ticket.opened_at for ticket in tickets), *_moments(facts.values())])
    desks = [_Desk(ticket, facts[ticket.pk], terms, lines.of(ticket.unit)) for ticket in tickets]
    _keep_clocks([read for desk in desks for read in desk.read()])
    _keep_plans(desks)
    _keep_due_times(desks, terms, at)


class _Desk:
    """One ticket, with all that its clocks follow from."""

    def __init__(self, ticket: TicketBase, facts: Facts, terms: Terms, line: Timeline) -> None:
        self.ticket, self.facts, self.terms, self.line = ticket, facts, terms, line
        self.story = facts.story(ticket)
        self.pauses = [Span(pause.at, pause.ends_at) for pause in facts.pauses]
        self.claims: dict[tuple[int, str], Claim] = {}  # of clocks that run
        self.dues: dict[tuple[int, str], datetime] = {}  # of the round that goes on

    def read(self) -> Iterator[tuple[Clock, bool]]:
        """The clocks that are not settled yet, as they stand now, each with whether it stood otherwise before."""
        known = {number for number, _ in self.facts.clocks}
        for reading in readings(self.story):
            key = reading.round.number, reading.stage
            clock = self.facts.clocks.get(key)
            if clock is None and key[0] in known:  # a case that came in closed: the other system told no more of it
                continue
            if clock and clock.ended_at and (clock.outcome == MET or reading.round.ended_at):
                continue
            self.facts.clocks[key] = clock = clock or Clock(ticket_id=self.ticket.pk, round=key[0], stage=key[1])
            before = [getattr(clock, name) for name in CLOCK]
            self._set(clock, reading)
            yield clock, before != [getattr(clock, name) for name in CLOCK]

    def _set(self, clock: Clock, reading: Reading) -> None:
        clock.started_at, clock.outcome = reading.round.started_at, reading.outcome
        claim = self._claim(reading.round, reading.stage)
        clock.target, clock.due_at = (claim.minutes, claim.due_at) if claim else (None, None)
        clock.ended_at = clock.took = clock.took_open = None
        if reading.ended_at:
            clock.ended_at = max(reading.ended_at, clock.started_at)
            clock.took = clock.ended_at - clock.started_at
            clock.took_open = open_time(clock.started_at, clock.ended_at, self.line, self.pauses)
        elif claim:
            self.claims[clock.round, clock.stage] = claim
        if claim and reading.outcome != MET and reading.round.ended_at is None:
            self.dues[clock.round, clock.stage] = claim.due_at

    def _claim(self, each: Round, stage: str) -> Claim | None:
        """Of all that asked for the ticket in the round, what is due first."""
        asked = {(each.started_at, self.ticket.policy_id)}
        asked |= {(since, policy) for since, policy in self.facts.asked if each.holds(since)}
        found = []
        for since, policy in asked:
            if target := self.terms.target(policy, stage, self.ticket.unit_id):
                due_at = self.when(since, target.minutes, 100)
                found.append(Claim(due_at, since, target.minutes, target.warn_percent, policy))
        return min(found, default=None, key=lambda claim: (claim.due_at, claim.policy))

    def when(self, since: datetime, minutes: int, percent: int) -> datetime:
        return deadline(since, timedelta(seconds=minutes * 60 * percent // 100), self.line, self.pauses)

    def plans(self) -> Iterator[Escalation]:
        """All that is to be told of the clocks that run, whether or not it was."""
        for key, claim in self.claims.items():
            clock = self.facts.clocks[key]
            if claim.warn_percent:
                due_at = self.when(claim.since, claim.minutes, claim.warn_percent)
                yield Escalation(clock=clock, step=WARNING, percent=claim.warn_percent, due_at=due_at)
            for step in self.terms.steps.get((claim.policy, clock.stage), []):
                due_at = self.when(claim.since, claim.minutes, step.percent)
                yield Escalation(
                    clock=clock, step=step.pk, percent=step.percent, to=step.to, role=step.role, due_at=due_at
                )

    def next_contact(self) -> datetime:
        """When the ticket's next contact is due. Of the first request in a round: when the first of its clocks says so;
        of a later one: as it was set, unless the ticket stands still then; once the customer was reached: when the
        matter is to be settled."""
        waiting = any(not row.outcome for row in self.facts.attempts)
        last = rounds_of(self.story)[-1]
        stages = (ATTEMPT, CONTACT, RESOLUTION) if waiting else (RESOLUTION,)
        dues = [due_at for (number, stage), due_at in self.dues.items() if number == last.number and stage in stages]
        if waiting and any(last.holds(at) for at, _ in self.story.tries):
            dues = []
        return min(dues, default=self._out_of_pauses(self.ticket.due_at))

    def moves(self) -> bool:
        """Set the due time of an open ticket; whether it is another than before."""
        before = self.ticket.due_at
        if self.ticket.is_open:
            self.ticket.due_at = self.next_contact()
        return self.ticket.due_at != before

    def postponed(self) -> list[ContactAttempt]:
        """The request that waits, due when the ticket is."""
        waiting = [row for row in self.facts.attempts if not row.outcome]
        for row in waiting:
            row.due_at = self.ticket.due_at
        return waiting

    def _out_of_pauses(self, due_at: datetime) -> datetime:
        pause = next((span for span in self.pauses if span.begins_at <= due_at < span.ends_at), None)
        return self.line.next_open(pause.ends_at) if pause else due_at


# --- reading ----------------------------------------------------------------------------------------------------


def _facts(tickets: Sequence[TicketBase]) -> dict[int, Facts]:
    ids = [ticket.pk for ticket in tickets]
    facts: dict[int, Facts] = {pk: Facts() for pk in ids}
    for attempt in ContactAttempt.objects.filter(ticket__in=ids).defer("note").order_by("number"):
        facts[attempt.ticket_id].attempts.append(attempt)
    for closure in Closure.objects.filter(ticket__in=ids).defer("summary"):
        facts[closure.ticket_id].closures.append(closure)
    for handover in Handover.objects.filter(ticket__in=ids):
        facts[handover.ticket_id].handovers.append(handover)
    for pause in Pause.objects.filter(ticket__in=ids):
        facts[pause.ticket_id].pauses.append(pause)
    for clock in Clock.objects.filter(ticket__in=ids):
        facts[clock.ticket_id].clocks[clock.round, clock.stage] = clock
    for ticket, since, policy in _asked(ids):
        facts[ticket].asked.append((since, policy))
    _who_began([pk for pk in ids if facts[pk].handovers], facts)
    return facts


def _asked(ids: list[int]) -> Iterator[tuple[int, datetime, int]]:
    """Rules and more pressing bands that were met while the ticket was open, and tickets that go on in this one."""
    alerts = Alert.objects.filter(ticket__in=ids, rule__opens_ticket=True)
    yield from alerts.values_list("ticket", "raised_at", "rule__policy")
    pressing = PriorityChange.objects.filter(ticket__in=ids, band__policy__isnull=False)
    yield from pressing.values_list("ticket", "at", "band__policy")
    joined = TicketJoin.objects.filter(kept__in=ids, undone_at=None)
    yield from joined.values_list("kept", "joined__opened_at", "joined__policy")


def _who_began(ids: list[int], facts: dict[int, Facts]) -> None:
    """Whether tickets that changed hands had an owner when they were opened."""
    if not ids:
        return
    opened = Event.objects.filter(
        what="ticket.opened", subject_kind="closedloop.ticket", subject_id__in=[str(pk) for pk in ids]
    )
    for pk, data in opened.values_list("subject_id", "data"):
        facts[int(pk)].owned_from_the_start = data.get("owner") is not None


def _moments(facts: Iterable[Facts]) -> Iterator[datetime]:
    for each in facts:
        yield from (row.reopened_at for row in each.closures if row.reopened_at)
        yield from (row.ends_at for row in each.pauses)


# --- keeping ----------------------------------------------------------------------------------------------------


def _keep_clocks(clocks: list[tuple[Clock, bool]]) -> None:
    """Each with whether it is another than before."""
    Clock.objects.bulk_update([clock for clock, changed in clocks if changed and clock.pk], CLOCK)
    Clock.objects.bulk_create([clock for clock, _ in clocks if clock.pk is None])


def _keep_plans(desks: list[_Desk]) -> None:
    """New plans, plans that moved, and none about clocks that ended or steps that are gone; what was raised stays."""
    planned = {(plan.clock.pk, plan.step): plan for desk in desks for plan in desk.plans()}
    clocks = [clock.pk for desk in desks for clock in desk.facts.clocks.values()]
    had = {(row.clock_id, row.step): row for row in Escalation.objects.filter(clock__in=clocks)}
    Escalation.objects.bulk_create((plan for key, plan in planned.items() if key not in had), ignore_conflicts=True)
    moved = [_moved(row, planned[key]) for key, row in had.items() if key in planned and row.raised_at is None]
    waiting = Escalation.objects.filter(raised_at=None)
    waiting.bulk_update([row for row in moved if row], PLAN)
    gone = [row.pk for key, row in had.items() if key not in planned and row.raised_at is None]
    if gone:
        waiting.filter(pk__in=gone).delete()


def _moved(row: Escalation, plan: Escalation) -> Escalation | None:
    """The row, as planned now; None if it is so already."""
    same = all(getattr(row, name) == getattr(plan, name) for name in PLAN)
    for name in PLAN:
        setattr(row, name, getattr(plan, name))
    return None if same else row


def _keep_due_times(desks: list[_Desk], terms: Terms, at: datetime) -> None:
    moved = [desk for desk in desks if desk.moves()]
    tickets: Any = type(desks[0].ticket)._default_manager
    tickets.bulk_update([desk.ticket for desk in moved], ["due_at"])
    ContactAttempt.objects.filter(outcome="").bulk_update(
        [row for desk in moved for row in desk.postponed()], ["due_at"]
    )
    of_basis: dict[str, list[int]] = defaultdict(list)
    for desk in desks:
        desk.ticket.reckoned_at, desk.ticket.basis = at, terms.basis(desk.ticket.unit)
        of_basis[desk.ticket.basis].append(desk.ticket.pk)
    for basis, ids in of_basis.items():  # as many as there are kinds of calendar and terms
        tickets.filter(pk__in=ids).update(basis=basis, reckoned_at=at)
