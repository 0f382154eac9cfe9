"""Handing 4,000 invitations to a mail server: two workers against a plain loop in two processes (bench/plain_loop.py).

Both send to the same smtp-sink (of Postfix), which answers faster than anybody sends, and leave the same rows: message,
delivery attempt, contact ledger with the day of the reminder, tokens, what was spent of the rates. Everything is
switched on: reminders, clicks, addresses for what comes back, rates. Bare smtplib and Django's send_mail stand beside
them.
"""

from __future__ import annotations

import multiprocessing
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection, connections, transaction
from django.utils import timezone

from bench import plain_loop
from bench.invited import DUE, daytime_zone, invite
from bench.timing import Line, progress
from surveys.models import Message
from surveys.services.composing import compose_invitation
from surveys.services.dispatching import dispatch_due
from surveys.services.pacing import EVERY_DOMAIN

MAILS, ROUNDS, WORKERS = 4_000, 5, 2
AGAIN = """
TRUNCATE surveys_invitationtoken, surveys_provisionalscore, surveys_deliveryattempt;
UPDATE surveys_message SET state = 'pending', attempts = 0, silences = 0, leased_until = NULL, handed_off_at = NULL,
    reply = '';
UPDATE surveys_contactledger SET state = 'reserved', handed_off_at = NULL, remind_at = NULL;
DELETE FROM common_ratebucket WHERE name LIKE 'send:%';
"""
LEFT = """
SELECT count(*), sum(hashtextextended(row::text, 0)::numeric) FROM (
    SELECT m.id, m.state, m.attempts, m.silences, m.message_id, m.reply, m.handed_off_at IS NOT NULL, m.due_at,
           d.number, d.outcome, d.reply, l.state, l.remind_at - l.handed_off_at,
           (SELECT string_agg(name, ' ' ORDER BY name) FROM common_ratebucket WHERE name LIKE 'send:%'),
           (SELECT string_agg(purpose, ' ' ORDER BY purpose) FROM surveys_invitationtoken WHERE invitation_id = i.id)
    FROM surveys_message m JOIN surveys_invitation i ON i.id = m.invitation_id
    JOIN surveys_contactledger l ON l.id = i.contact_id LEFT JOIN surveys_deliveryattempt d ON d.message_id = m.id
) row
"""
_fork = multiprocessing.get_context("fork")


def run(scale: float) -> Iterator[Line]:
    mails = int(MAILS * scale)
    invite(mails, state=DUE, zone=daytime_zone())
    settings.INBOUND_DOMAIN = "back.example.org"
    settings.CHANNEL_RATES, settings.DOMAIN_RATES = {"email": plain_loop.RATE}, {EVERY_DOMAIN: plain_loop.RATE}
    with smtp_sink():
        sample = _sample()
        html = str(sample.alternatives[0][0])
        ways: dict[str, Callable[[], None]] = {
            "ours": partial(_in_processes, _drain),
            "reference": partial(_in_processes, _by_hand),
            "smtplib": partial(_in_processes, partial(plain_loop.bare, mails // WORKERS, sample.message().as_bytes())),
            "send_mail": partial(
                _in_processes,
                partial(plain_loop.one_by_one, mails // WORKERS, str(sample.subject), str(sample.body), html),
            ),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        left = set()
        for number in range(ROUNDS):
            for name, way in ways.items():
                _execute(AGAIN)
                _execute("VACUUM ANALYZE")
                start = time.perf_counter()
                way()
                rates[name].append(mails / (time.perf_counter() - start))
                progress(f"dispatch: {name}, round {number + 1}: {rates[name][-1]:.0f}/s")
                if name in {"ours", "reference"}:
                    left.add(_what_stands())
    if len(left) != 1 or next(iter(left))[0] != mails:
        raise AssertionError(f"not the same rows: {left}")
    ours = median(rates.pop("ours"))
    for name, bar in (("reference", 0.9), ("smtplib", None), ("send_mail", None)):
        theirs = median(rates[name])
        against = "a plain loop with the same rows" if name == "reference" else f"{name}, no rows"
        yield Line(f"dispatch: {WORKERS} workers, {against}", f"{ours:,.0f}/s", f"{theirs:,.0f}/s", ours / theirs, bar)


def _drain() -> None:
    while dispatch_due(at=timezone.now(), limit=500):
        pass


def _by_hand() -> None:
    plain_loop.loop(timezone.now())


def _in_processes(work: Callable[[], None]) -> None:
    connections.close_all()  # a connection must not be shared with a child
    workers = [_fork.Process(target=work) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise AssertionError("a worker failed")


def _sample() -> EmailMultiAlternatives:
    message = Message.objects.select_related(*plain_loop.RELATED).order_by("pk")[0]
    with transaction.atomic():
        mail = compose_invitation(message, at=timezone.now())
        transaction.set_rollback(True)
    return mail


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _what_stands() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(LEFT)
        found: tuple[Any, ...] = cursor.fetchone()
    return found


@contextmanager
def smtp_sink() -> Iterator[None]:
    """Postfix's server that takes every mail and keeps none; Django's mail goes there within this block."""
    program = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
    if not Path(program).exists():
        raise SystemExit("smtp-sink is missing; it comes with Postfix. As root: apt-get install postfix")
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.EMAIL_PORT = free.getsockname()[1]
    settings.EMAIL_HOST = "127.0.0.1"
    with subprocess.Popen([program, "-u", "nobody", f"127.0.0.1:{settings.EMAIL_PORT}", "1000"]) as process:
        time.sleep(0.5)
        try:
            yield
        finally:
            process.terminate()
