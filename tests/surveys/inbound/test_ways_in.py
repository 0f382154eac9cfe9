"""The ways by which mail comes in: a mailbox over IMAP, a pipe; and what is forgotten."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from demo.coming_back import come_back
from surveys import tasks
from surveys.channels.mailboxes import Address, MailboxError
from surveys.models import InboundMail
from surveys.services.inbound.fetching import fetch_mail
from surveys.services.inbound.forgetting import forget_mails
from surveys.services.inbound.receiving import receive_mail
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.faults.post_box import PostBox, open_post_box
from tests.surveys.inbound.mails import bounce_address, delivery_report, heard, written
from tests.world import NOW

ROOT = Path(__file__).parents[3]


@pytest.fixture
def box(settings):
    with open_post_box(PostBox()) as box:
        settings.INBOUND_IMAP = f"imap://care:secret@127.0.0.1:{box.port}/INBOX?move=Done"
        yield box


@pytest.mark.parametrize("moves", [True, False])
def test_what_is_unseen_is_stored_and_moved_away(message, box, settings, moves):
    settings.INBOUND_MAX_BYTES, box.moves = 2_000, moves
    first, long = delivery_report(bounce_address(message)), written("x@y.example", "long " * 1_000)
    box.mails, box.seen = {3: first, 4: written("x@y.example", "seen before"), 5: long}, {4}
    assert fetch_mail(at=NOW) == 2
    rows = InboundMail.objects.order_by("pk")
    assert [(row.source, row.size, len(row.raw)) for row in rows] == [
        ("mailbox", len(first), len(first)),
        ("mailbox", len(long), 2_000),
    ]
    assert box.done == [first, long]
    assert fetch_mail(at=NOW) == 0


def test_who_died_between_storing_and_moving_reads_again_and_changes_nothing(message, box):
    box.mails, box.deaf_to = {1: delivery_report(bounce_address(message))}, "UID STORE"
    for _ in range(2):
        with pytest.raises(MailboxError):
            fetch_mail(at=NOW)
    box.deaf_to = ""
    assert fetch_mail(at=NOW) == 1
    assert (InboundMail.objects.count(), len(box.done)) == (1, 1)


@pytest.mark.parametrize("deaf_to", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH"])
def test_a_mailbox_that_refuses_says_so_without_its_password(db, box, deaf_to):
    box.deaf_to, box.mails = deaf_to, {1: b"x"}
    with pytest.raises(MailboxError) as refusal:
        fetch_mail(at=NOW)
    assert "secret" not in str(refusal.value)
    assert not InboundMail.objects.exists()


def test_a_mailbox_that_is_not_there_or_not_one(db, settings):
    for url in ("imap://a:b@127.0.0.1:1/INBOX", "http://x"):
        settings.INBOUND_IMAP = url
        with pytest.raises(MailboxError):
            fetch_mail(at=NOW)
    settings.INBOUND_IMAP = ""
    assert fetch_mail(at=NOW) == 0
    address = Address.of("imaps://me%40x.org:p%2Fw@mail.example/Some%20box")
    assert address == Address(True, "mail.example", 993, "me@x.org", "p/w", "Some box", "Done")


def pipe(raw: bytes, url: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "manage.py", "receive_mail", *arguments]
    return subprocess.run(command, cwd=ROOT, input=raw, env={**os.environ, "DATABASE_URL": url}, check=False)


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_pipes_a_mail_in_and_keeps_it_while_the_database_is_away():
    of, raw = connection.settings_dict, delivery_report("bounce@back.example")
    host = of["OPTIONS"].get("host") or of["HOST"]
    url = f"postgresql://{of['USER']}@/{of['NAME']}?host={host}"
    assert pipe(raw, url, "--recipient", "Bounce+x@back.example").returncode == 0
    row = InboundMail.objects.get()
    assert (row.source, row.recipient, bytes(row.raw)) == ("pipe", "bounce+x@back.example", raw)
    assert pipe(raw, "postgresql://nobody@127.0.0.1:1/nothing").returncode == 75


def test_mails_are_emptied_after_a_month_and_what_was_judged_stays(message):
    row = heard(delivery_report(bounce_address(message)), recipient=bounce_address(message))
    assert forget_mails(at=NOW + timedelta(days=30)) == 0
    assert forget_mails(at=NOW + timedelta(days=31)) == 1
    row.refresh_from_db()
    assert (bytes(row.raw), row.recipient, row.verdict, row.status) == (b"", "", "bounce", "5.1.1")
    assert forget_mails(at=NOW + timedelta(days=32)) == 0


def test_in_the_demo_a_mail_of_each_kind_has_come_back(world, message):
    visits = [make_crm.interaction(kind=world.visit, customer=customer(world, n), unit=world.harbour) for n in range(5)]
    for visit in visits:
        asked = make.invitation(interaction=visit, version=message.invitation.version)
        make.message(invitation=asked, state="handed_off", handed_off_at=NOW)
    assert come_back(at=NOW) == 6
    found = InboundMail.objects.values_list("verdict", "suggested_score")
    assert sorted(found, key=str) == [
        ("auto_reply", None),
        ("bounce", None),
        ("reply", 9),
        ("reply", None),
        ("soft_bounce", None),
        ("unsubscribe", None),
    ]
    assert come_back(at=NOW) == 0


def customer(world, number: int):
    return make_crm.customer(unit=world.harbour, email=f"c{number}@example.org")


def test_what_was_piped_is_judged_although_the_mailbox_does_not_answer(message, settings):
    settings.INBOUND_IMAP = "imap://a:b@127.0.0.1:1/INBOX"
    receive_mail(raw=written("x@y.example", "hello"), source="pipe", at=timezone.now())
    with pytest.raises(MailboxError):
        tasks.fetch_mail()
    assert InboundMail.objects.get().verdict == "unknown"
