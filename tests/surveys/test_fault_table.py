"""RELIABILITY R-02, row by row: what a mail server can do to an invitation, and what becomes of message, address and
customer. A real SMTP server; nothing is waited for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from common.outbox import JITTER
from common.senders import Outcome, Reply
from crm.models import ContactPoint, Suppression
from surveys.models import ContactLedger, Message, ProgramVersion
from surveys.services.dispatching import dispatch_due
from surveys.services.ledgers import check_identities
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.faults.post_office import PostOffice
from tests.world import NOW, World

SOON = (timedelta(minutes=1), timedelta(minutes=1) * (1 + JITTER))
GIVEN_UP = (timedelta(hours=48), timedelta(hours=72))


class Row(NamedTuple):
    """What the server does (`tests.faults.plans`); the message's state after it, whether the address is given up."""

    fault: str
    state: str
    suppressed: bool = False


AGAIN, FAILED, UNKNOWN = "pending", "failed", "unknown"
TABLE = [
    Row("refuse-450-4.2.1", AGAIN),  # mailbox busy
    Row("refuse-451-4.7.1", AGAIN),  # greylisting
    Row("refuse-452-4.2.2", AGAIN),  # mailbox full for now
    Row("late-451-4.3.0", AGAIN),
    Row("late-452-4.3.1", AGAIN),  # no room at their side
    Row("refuse-550-5.1.1", FAILED, suppressed=True),  # nobody of that name
    Row("refuse-550-5.1.10", FAILED, suppressed=True),  # null MX: the domain takes no mail
    Row("late-550-5.1.1", FAILED, suppressed=True),
    Row("refuse-550", FAILED, suppressed=True),  # without a word why, of the address
    Row("late-550", FAILED),  # of the message
    Row("refuse-550-5.7.1", FAILED),  # our reputation
    Row("refuse-550-5.4.4", FAILED),  # their routing
    Row("refuse-550-5.1.8", FAILED),  # our own address
    Row("refuse-552-5.2.2", FAILED),  # mailbox full
    Row("late-552-5.3.4", FAILED),  # too large
    Row("refuse-554-5.7.1", FAILED),
    Row("late-554-5.6.0", FAILED),
    Row("vanish", UNKNOWN),  # accepted, and the line is dead before the last 250
    Row("stall", UNKNOWN),  # accepted, and the last 250 does not come
    Row("reset", UNKNOWN),  # RST within DATA
    Row("fine", "handed_off"),
]
LEDGER = {AGAIN: "reserved", FAILED: "released", UNKNOWN: "handed_off", "handed_off": "handed_off"}


def due(world: World, version: ProgramVersion, address: str) -> Message:
    customer = make.customer(email=address, unit=world.harbour)
    visit = make.interaction(kind=world.visit, customer=customer, unit=world.harbour)
    contact = ask.reservation(customer=customer, program=version.program)
    return ask.message(invitation=ask.invitation(interaction=visit, version=version, contact=contact))


def test_each_fault_has_its_consequence_and_no_other(world: World, post_office: PostOffice, settings: Any):
    settings.EMAIL_TIMEOUT, version = 0.2, ask.version()
    messages = {row.fault: due(world, version, f"{row.fault}@r{n}.example.org") for n, row in enumerate(TABLE)}
    dispatch_due(at=NOW, limit=100)
    for row in TABLE:
        message = messages[row.fault]
        message.refresh_from_db()
        point = ContactPoint.objects.get(pk=message.contact_point_id)
        contact = ContactLedger.objects.get(invitation=message.invitation_id)
        suppressed = Suppression.objects.filter(address_hash=point.address_hash).exists()
        assert (row.fault, message.state, suppressed) == (row.fault, row.state, row.suppressed)
        assert (row.fault, contact.state) == (row.fault, LEDGER[row.state])
        assert (point.unusable_since is not None) == row.suppressed
        if row.state == AGAIN:
            assert SOON[0] <= message.due_at - NOW <= SOON[1]
    taken = sorted(str(mail["To"]).partition("@")[0] for mail in post_office.received)
    assert taken == ["fine", "stall", "vanish"]
    assert all(identity.holds for identity in check_identities() if identity.name.startswith("contacts"))


@pytest.mark.parametrize("fault", ["421 closing", "connection refused", "no TLS", "silent banner"])
def test_a_server_that_is_out_of_order_is_left_alone_for_a_minute_and_nothing_is_lost(
    world: World, post_office: PostOffice, settings: Any, fault: str
):
    settings.EMAIL_TIMEOUT, version = 0.2, ask.version()
    first, second = (due(world, version, f"{name}@example.org") for name in ("ada", "ben"))
    post_office.closes_after = 0 if fault == "421 closing" else float("inf")
    post_office.banner_stalls = fault == "silent banner"
    settings.EMAIL_USE_TLS = fault == "no TLS"
    settings.EMAIL_PORT = 1 if fault == "connection refused" else settings.EMAIL_PORT
    assert dispatch_due(at=NOW) == {AGAIN: 1}
    for message in (first, second):
        message.refresh_from_db()
    assert SOON[0] <= first.due_at - NOW <= SOON[1]
    assert (first.state, second.state, second.attempts, second.due_at) == (AGAIN, AGAIN, 0, NOW)  # not tried
    assert (post_office.received, Suppression.objects.count()) == ([], 0)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_a_refusal_for_now_is_given_up_within_three_days_although_nights_are_kept(world: World, zone: str):
    message = due(world, ask.version(), "ada@example.org")
    message.invitation.customer.zone = zone
    message.invitation.customer.save()
    tries: list[datetime] = []

    def refuse(_: Any) -> Reply:
        tries.append(at)
        return Reply(Outcome.REFUSED_FOR_NOW, "451 4.3.0 not today")

    at = NOW
    while message.state == AGAIN:
        dispatch_due(at=at, hand_over=refuse)
        message.refresh_from_db()
        at = message.due_at
    assert GIVEN_UP[0] <= tries[-1] - tries[0] <= GIVEN_UP[1]
    assert tries == sorted(set(tries))
    assert message.state in {FAILED, "cancelled"}
    assert ContactLedger.objects.get().state == "released"
    assert message.reply.startswith("gave up after")
    assert not Suppression.objects.exists()
