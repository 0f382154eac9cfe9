"""What the caller sees on one screen, as of now; and whether there is calling at all."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from closedloop.models import Ticket
from closedloop.services.calling import call_sheet
from closedloop.services.reaching import bar_calls
from crm.models import Consent, ContactPoint, FinancialRecord, Suppression
from crm.models.customers import address_hash
from crm.services.consenting import grant, refuse
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW

PHONE = "+442079460471"


def sheet(ticket, who):
    return call_sheet(ticket, principal=who.user, at=NOW)


def record(world, currency, margin, starts_on=date(2026, 10, 1)):
    FinancialRecord.objects.create(
        source="books", external_id=f"{currency}{starts_on}", customer=world.ines, starts_on=starts_on,
        ends_before=starts_on + timedelta(days=31), currency=currency, margin=margin, revenue=1000, as_of=NOW,
    )  # fmt: skip


def test_the_last_five_interactions_the_newest_first(world, ticket):
    for days in range(2, 9):
        crm.interaction(
            kind=world.visit, customer=world.ines, unit=world.harbour, occurred_at=NOW - timedelta(days=days)
        )
    lately = sheet(ticket, world.helen).lately
    assert len(lately) == 5
    assert lately[0] == world.interaction
    assert [row.occurred_at for row in lately] == sorted((row.occurred_at for row in lately), reverse=True)


def test_what_they_bring_a_row_a_currency_for_who_may_see_money(world, ticket):
    record(world, "EUR", Decimal(300))
    record(world, "EUR", Decimal(200), date(2026, 9, 1))
    record(world, "EUR", Decimal(5000), date(2025, 9, 1))  # more than a year ago
    record(world, "GBP", None)
    seen = sheet(ticket, world.helen).value
    assert [(row.currency, row.figure, row.is_margin) for row in seen] == [("EUR", 500, True), ("GBP", 1000, False)]
    assert sheet(ticket, world.jonas).value == []


def test_promises_stand_there_whichever_ticket_they_were_made_on(world, ticket):
    made = ticket.promise(what="A card", due_on=date(2026, 11, 27), by=None, at=NOW)
    assert sheet(ticket, world.helen).promised == [made]


def barred(ticket) -> tuple[str, str]:
    ticket = Ticket.objects.get(pk=ticket.pk)
    bar_calls([ticket])
    return ticket.barred, ticket.phone


def test_nothing_speaks_against_a_number_that_is_good(ticket):
    assert barred(ticket) == ("", PHONE)


def test_who_took_back_that_we_may_call_is_not_called(world, ticket):
    grant(customer=world.ines, channel="phone", purpose="callback", at=NOW)
    refuse(customer=world.ines, channel="phone", purpose="callback", at=NOW + timedelta(hours=1))
    assert barred(ticket) == ("They took back that we may call them.", "")
    grant(customer=world.ines, channel="phone", purpose="callback", at=NOW + timedelta(hours=2))
    assert barred(ticket) == ("", PHONE)


def test_to_refuse_surveys_is_not_to_refuse_calls(world, ticket):
    refuse(customer=world.ines, channel="email", purpose="survey", at=NOW)
    assert barred(ticket) == ("", PHONE)
    assert Consent.objects.count() == 1


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda: ContactPoint.objects.update(unusable_since=NOW), "The number we have is not in use any more."),
        (
            lambda: Suppression.objects.create(
                channel="phone", address_hash=address_hash("phone", PHONE), reason="manual", at=NOW
            ),
            "The number we have is one we must not call.",
        ),
    ],
)
def test_a_number_that_is_no_good_is_not_called(ticket, spoil, why):
    spoil()
    assert barred(ticket) == (why, "")


def test_the_page_and_the_list_offer_no_call_then(world, client, ticket):
    refuse(customer=world.ines, channel="phone", purpose="callback", at=NOW)
    client.force_login(world.helen.user)
    for path in ("/tickets/", f"/tickets/{ticket.public_id}/"):
        assert "tel:" not in client.get(path).content.decode()
    assert "They took back that we may call them." in client.get(f"/tickets/{ticket.public_id}/").content.decode()


def test_it_takes_the_same_number_of_queries_for_any_number(world, django_assert_num_queries):
    make.set_up_defaults()
    for _ in range(12):
        make.answer(crm.interaction(kind=world.visit, customer=crm.customer(phone=PHONE), unit=world.harbour))
    make.listen()
    for number in (1, 12):
        tickets = list(Ticket.objects.all()[:number])
        with django_assert_num_queries(4):
            bar_calls(tickets)
