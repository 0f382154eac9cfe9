"""Two workers who hand off at the same instant: neither sees what the other has not committed, so one waits for the
other before its last look, and whoever is being written to counts as asked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.core.mail import EmailMessage
from django.db import connection, transaction

from common.senders import HandOver, Outcome, Reply
from crm.models import Interaction
from surveys.models import Invitation, Message
from surveys.services.dispatching import dispatch_due
from surveys.services.ledgers import check_identities
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, build_world

WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = ANY(%s)"


def two_messages(shared: str) -> tuple[Message, Message]:
    """Decided and due, to people of whom only their mailbox or their household is the same."""
    world = build_world()
    Interaction.objects.all().delete()
    emails = ("Ada@example.org", "ada@example.org") if shared == "mailbox" else ("ada@example.org", "ben@example.org")
    people = [make.customer(email=email) for email in emails]
    for person in people:
        make.interaction(kind=world.visit, customer=person, unit=world.harbour)
    rules = [{"since": "asked", "days": 9, "per": "household", "among": "any", "then": "block"}]
    ask.version(contact_rules=[] if shared == "mailbox" else rules)
    run_trigger(at=NOW)
    if shared == "household":  # they moved in together since
        make.account(members=[(person, "member", 1) for person in people], kind="household")
    first, second = Message.objects.order_by("due_at", "id")
    return first, second


def accept(mail: EmailMessage) -> Reply:
    return Reply(Outcome.ACCEPTED, "250")


def hand_off(hand_over: HandOver = accept) -> Counter[str]:
    """One message, by a worker with a connection of its own."""
    try:
        return dispatch_due(at=NOW, limit=1, hand_over=hand_over)
    finally:
        connection.close()


def until(waiting: Callable[[], bool]) -> None:
    late = time.monotonic() + 10
    while not waiting():
        assert time.monotonic() < late
        time.sleep(0.005)


def waits(*kinds: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS, [list(kinds)])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shared", ["mailbox", "household"])
def test_who_looks_while_another_is_about_to_send_waits_and_does_not_send(shared: str):
    first, second = two_messages(shared)
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():  # keeps the first from committing to send: its tokens cannot be stored
            Invitation.objects.select_for_update().get(pk=first.invitation_id)
            one: Future[Counter[str]] = pool.submit(hand_off)
            until(lambda: waits("transactionid"))
            other = pool.submit(hand_off)
            until(lambda: other.done() or waits("advisory"))
        assert (one.result(), other.result()) == ({"handed_off": 1}, {"cancelled": 1})
    second.refresh_from_db()
    assert second.reply in {"asked recently about something else", "somebody of the household was asked recently"}
    assert all(identity.holds for identity in check_identities())


@pytest.mark.django_db(transaction=True)
def test_who_is_being_written_to_counts_as_asked():
    two_messages("mailbox")
    with ThreadPoolExecutor(1) as pool:
        meanwhile: list[Counter[str]] = []

        def carry(mail: EmailMessage) -> Reply:
            meanwhile.append(pool.submit(hand_off).result())
            return accept(mail)

        assert (dispatch_due(at=NOW, limit=1, hand_over=carry), meanwhile) == ({"handed_off": 1}, [{"cancelled": 1}])
