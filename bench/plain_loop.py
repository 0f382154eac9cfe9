"""The reference of bench/dispatch.py: a loop that somebody would write by hand, and ways that keep no state at all.

`loop` leaves the rows that `surveys.services.dispatching` leaves, by plain SQL: it commits to a row before it sends,
and notes what came of it afterwards. It looks nothing up again, knows no leases and treats every error as the end.
"""

from __future__ import annotations

import smtplib
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection, send_mail
from django.db import connection, transaction

from surveys.models import Message
from surveys.services.composing import compose_invitation

RELATED = ("contact_point", "invitation__version__program", "invitation__customer", "invitation__unit")
TAKE = """
UPDATE surveys_message SET state = 'sending', attempts = attempts + 1, silences = silences + 1
WHERE id = (SELECT id FROM surveys_message WHERE state = 'pending' AND due_at <= %s ORDER BY due_at, id
            LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
DONE = """
UPDATE surveys_message SET state = 'handed_off', handed_off_at = %s, reply = 'accepted' WHERE id = %s
"""
ATTEMPT = """
INSERT INTO surveys_deliveryattempt (message_id, number, started_at, ended_at, outcome, reply)
VALUES (%s, 1, %s, now(), 'accepted', 'accepted')
"""
LEDGER = """
UPDATE surveys_contactledger SET state = 'handed_off', handed_off_at = %s
WHERE id = (SELECT contact_id FROM surveys_invitation WHERE id = %s)
"""


def loop(at: datetime) -> None:
    with get_connection() as post_office:
        while (taken := _take(at)) is not None:
            message, mail = taken
            if post_office.send_messages([mail]) != 1:
                raise AssertionError("not sent")
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(DONE, [at, message.pk])
                cursor.execute(ATTEMPT, [message.pk, at])
                cursor.execute(LEDGER, [at, message.invitation_id])


def _take(at: datetime) -> tuple[Message, EmailMultiAlternatives] | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, [at])
        row = cursor.fetchone()
        if row is None:
            return None
        message = Message.objects.select_related(*RELATED).get(pk=row[0])
        return message, compose_invitation(message, at=at)


def bare(number: int, body: bytes) -> None:
    """smtplib and nothing else: the same ready-made message over one connection."""
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as line:
        for _ in range(number):
            line.sendmail("feedback@example.org", ["c1@example.org"], body)


def one_by_one(number: int, subject: str, text: str, html: str) -> None:
    """Django's send_mail, as its documentation shows it: a connection a mail."""
    for _ in range(number):
        send_mail(subject, text, None, ["c1@example.org"], html_message=html)
