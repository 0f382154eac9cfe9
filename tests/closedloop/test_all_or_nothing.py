"""R-05: whichever statement fails, an answer has its signal, alert, ticket, hold and events, or none of them."""

from itertools import count

from django.db import connection

from closedloop.models import Alert, ContactAttempt, CustomerSignal, Ticket, TicketSignal
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.models import Event, Trial
from crm.models import Hold
from surveys.models import Response
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW

TABLES = (Response, CustomerSignal, Alert, Ticket, TicketSignal, ContactAttempt, Hold, Event)


class PowerCut(BaseException):
    pass


def state() -> list:
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


def cut_after(number: int):
    """A connection wrapper that fails right after the statement of that number; savepoints are not counted."""
    seen = count(1)

    def execute(run, sql, params, many, context):
        result = run(sql, params, many, context)
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")) and next(seen) == number:
            raise PowerCut
        return result

    return connection.execute_wrapper(execute)


def cuts_survived(service, waiting) -> int:
    """Run `service` with a cut after its 1st, 2nd, ... statement; nothing may stay of any. Then it runs through."""
    before = state()
    for number in count(1):
        try:
            with cut_after(number):
                service(at=NOW)
        except PowerCut:
            if not waiting():
                return number - 1  # all was done and committed
            assert state() == before
            Trial.objects.all().delete()  # what says that a worker died
        else:
            return number - 1
    raise AssertionError


def test_nothing_stays_of_a_batch_that_failed_at_any_statement(world):
    set_up_defaults()
    other = crm.customer(given_name="Otto")
    make.answer(world.interaction, score=9)
    make.listen()
    held = make.answer(crm.interaction(kind=world.visit, customer=other, unit=world.harbour), score=3)
    make.listen()
    make.revise(held, callback=True)  # an update of a standing alert, an attached signal, an earlier due time
    make.answer(world.interaction, score=1, comment="Again.")  # and a new ticket in the same batch
    assert cuts_survived(raise_signals, Response.objects.filter(signalled_at=None).exists) >= 5
    assert cuts_survived(screen, CustomerSignal.objects.filter(screened_at=None).exists) >= 25
    assert Ticket.objects.count() == 2
    assert not CustomerSignal.objects.filter(screened_at__isnull=True).exists()
