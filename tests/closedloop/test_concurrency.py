"""What two people, or four workers, do at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from closedloop.errors import TicketRefused
from closedloop.models import Alert, CustomerSignal, Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from closedloop.services.uniting import unite
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def at_once(*works) -> list:
    """Run the works in threads that start together; what each returned, or the refusal it met."""
    start = Barrier(len(works))

    def run(work):
        try:
            start.wait()
            return work()
        except TicketRefused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_four_workers_raise_and_screen_each_answer_once():
    world = build_world()
    set_up_defaults()
    people = [crm.customer() for _ in range(10)]
    for number in range(80):
        visit = crm.interaction(kind=world.visit, customer=people[number % 10], unit=world.harbour)
        make.answer(visit, score=number % 7)

    def work() -> int:
        while raise_signals(at=NOW, limit=7):
            pass
        return sum(iter(lambda: screen(at=NOW, limit=7), 0))

    assert sum(at_once(*[work] * WORKERS)) + sum(iter(lambda: screen(at=NOW), 0)) == 80
    assert CustomerSignal.objects.count() == 80
    assert Counter(Ticket.objects.values_list("customer", flat=True)) == Counter(person.pk for person in people)
    assert Alert.objects.filter(rule__code="detractor").count() == 80


def test_of_two_people_with_the_same_page_one_is_told_that_it_changed():
    world = build_world()
    ticket = make.ticket(make.answer(world.interaction))

    def attempt():
        mine = Ticket.objects.get(pk=ticket.pk)
        return mine.record_attempt(outcome="no_answer", note="", by=None, at=NOW, expected_version=1)

    outcomes = at_once(attempt, attempt)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ContactAttempt", "StaleTicket"]
    assert ticket.attempts.count() == 2


def test_a_ticket_is_not_reopened_beside_one_that_opens_at_the_same_moment():
    world = build_world()
    ticket = make.ticket(make.answer(world.interaction))
    for _ in range(5):
        ticket.close(outcome="no_action", summary="Known.", by=None, at=NOW)
        make.answer(world.interaction, score=0)
        raise_signals(at=NOW)
        reopen = partial(ticket.reopen, why="She rang.", by=None, at=NOW)
        at_once(reopen, partial(screen, at=NOW))
        ticket = Ticket.objects.open().get()  # one of the two; never both, never an error


def test_of_tickets_that_two_people_put_into_each_other_one_goes_on():
    world = build_world()
    first = make.ticket(make.answer(world.interaction))
    paul = crm.customer(given_name="Paul", unit=world.harbour)
    second = make.ticket(make.answer(crm.interaction(kind=world.visit, customer=paul, unit=world.harbour)))

    def put(ticket: Ticket, into: Ticket):
        mine, other = (Ticket.objects.get(pk=row.pk) for row in (ticket, into))
        return unite(ticket=mine, into=other, why="One matter.", by=None, at=NOW)

    outcomes = at_once(partial(put, first, second), partial(put, second, first))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["TicketJoin", "TicketRefused"]
    assert Ticket.objects.open().count() == 1
