"""Open tickets of customers who turn out to be one person: closedloop.services.joining."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closedloop.errors import TicketRefused
from closedloop.models import Ticket, TicketJoin
from closedloop.services.joining import settle_merges
from common.models import Event
from crm.models import Hold, Merge
from crm.services.merging import merge, undo
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW

SOON, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


@pytest.fixture
def both(world):
    """Open tickets of two rows of Ines, the one of her twin raised an hour later."""
    twin = crm.customer(given_name="Inès", family_name="Moreau", unit=world.mill)
    visit = crm.interaction(kind=world.visit, customer=twin, unit=world.mill)
    first = make.ticket(make.answer(world.interaction), at=NOW)
    second = make.ticket(make.answer(visit), at=SOON)
    return first, second


def open_ones():
    return list(Ticket.objects.open().order_by("pk"))


def test_the_older_ticket_goes_on_and_the_other_ends_as_joined(both):
    first, second = both
    merge(kept=second.customer, merged=first.customer, at=LATER)
    assert settle_merges(at=LATER) == 1
    assert open_ones() == [first]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.closure.outcome, second.closure.summary) == ("joined", f"The work goes on in ticket {first.pk}.")
    assert [row["id"] for row in first.brief["earlier_tickets"]] == [second.pk]
    assert list(Hold.objects.in_force(LATER).values_list("cause", flat=True)) == [f"ticket:{first.pk}"]
    assert Event.objects.get(what="ticket.joined").data == {"into": first.pk}
    assert settle_merges(at=LATER) == 0


def test_what_the_person_says_next_joins_the_ticket_that_goes_on(both, world):
    first, second = both
    merge(kept=first.customer, merged=second.customer, at=LATER)
    settle_merges(at=LATER)
    visit = crm.interaction(kind=world.visit, customer=second.customer, unit=world.mill)
    make.answer(visit, answered_at=LATER)
    make.listen(LATER + timedelta(minutes=1))
    assert open_ones() == [first]
    assert first.ticket_signals.count() == 2


def test_undoing_the_merge_takes_the_joined_ticket_up_again(both):
    first, second = both
    row = merge(kept=first.customer, merged=second.customer, at=LATER)
    settle_merges(at=LATER)
    undo(merge=row, at=LATER + timedelta(hours=1))
    assert settle_merges(at=LATER + timedelta(hours=1)) == 1
    assert open_ones() == [first, second]
    first.refresh_from_db()
    assert first.brief["earlier_tickets"] == []
    assert Hold.objects.in_force(LATER + timedelta(hours=1)).count() == 2
    assert TicketJoin.objects.get().undone_at == LATER + timedelta(hours=1)


def test_undoing_an_earlier_merge_takes_a_ticket_out_of_a_strangers_hands(both, world):
    first, second = both
    ana = crm.customer(given_name="Ana", unit=world.mill)
    third = make.ticket(make.answer(crm.interaction(kind=world.visit, customer=ana, unit=world.mill)), at=LATER)
    row = merge(kept=first.customer, merged=second.customer, at=LATER)
    merge(kept=second.customer, merged=ana, at=LATER)
    settle_merges(at=LATER)
    assert open_ones() == [first]
    undo(merge=row, at=LATER)
    settle_merges(at=LATER)
    assert open_ones() == [first, second]  # the third goes on in the second, whose person it is about
    assert TicketJoin.objects.get(undone_at=None, joined=third).kept == second
    briefs = [[earlier["id"] for earlier in ticket.brief["earlier_tickets"]] for ticket in open_ones()]
    assert briefs == [[], [third.pk]]


def test_a_ticket_that_somebody_took_up_meanwhile_stays_as_it_is(both):
    first, second = both
    row = merge(kept=first.customer, merged=second.customer, at=LATER)
    settle_merges(at=LATER)
    first.refresh_from_db()
    first.close(outcome="no_action", summary="said so", by=None, at=LATER)
    Ticket.objects.get(pk=second.pk).reopen(why="by hand", by=None, at=LATER)
    undo(merge=row, at=LATER)
    settle_merges(at=LATER)
    assert open_ones() == [second]


def test_a_merge_undone_before_anybody_looked_changes_no_ticket(both):
    first, second = both
    undo(merge=merge(kept=first.customer, merged=second.customer, at=LATER), at=LATER)
    assert settle_merges(at=LATER) == 1
    assert open_ones() == [first, second]
    assert not TicketJoin.objects.exists()
    assert Merge.objects.get().settled_at == LATER


def test_nobody_closes_a_ticket_as_joined_by_hand(both):
    with pytest.raises(TicketRefused, match="Choose what came of it"):
        both[0].close(outcome="joined", summary="", by=None, at=LATER)
    assert len(open_ones()) == 2
