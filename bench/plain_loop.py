"""The reference of bench/dispatch.py: a loop that somebody would write by hand, and ways that keep no state at all.

`loop` leaves the rows that `surveys.services.dispatching` leaves, by plain SQL: it commits to a row before it sends,
keeps to the rates of the channel and the domain, and notes what came of it afterwards and when to remind. It looks
nothing up again, knows no leases and treats every error as the end.
"""

from __future__ import annotations

import smtplib
from datetime import datetime, timedelta

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
UPDATE surveys_contactledger SET state = 'handed_off', handed_off_at = %s, remind_at = %s
WHERE id = (SELECT contact_id FROM surveys_invitation WHERE id = %s)
"""
RATES = """
INSERT INTO common_ratebucket AS b (name, units, at, allowed)
SELECT name, %s / 10.0 - 1, %s, true FROM unnest(%s::text[]) AS name ORDER BY name
ON CONFLICT (name) DO UPDATE SET at = excluded.at, units = least(
    %s / 10.0, b.units + %s / 60.0 * greatest(0, extract(epoch FROM excluded.at - b.at))) - 1
RETURNING units
"""
RATE = 10_000_000  # a minute: more than leaves, so that nothing waits


def loop(at: datetime) -> None:
    with get_connection() as post_office:
        while (taken := _take(at)) is not None:
            message, mail = taken
            if post_office.send_messages([mail]) != 1:
                raise AssertionError("not sent")
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(DONE, [at, message.pk])
                cursor.execute(ATTEMPT, [message.pk, at])
                remind = at + timedelta(days=message.invitation.version.reminder_days[0])
                cursor.execute(LEDGER, [at, remind, message.invitation_id])


def _take(at: datetime) -> tuple[Message, EmailMultiAlternatives] | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, [at])
        row = cursor.fetchone()
        if row is None:
            return None
        message = Message.objects.select_related(*RELATED).get(pk=row[0])
        domain = message.contact_point.normalized.rpartition("@")[2] if message.contact_point else ""
        cursor.execute(RATES, [RATE, at, ["send:email", f"send:email:{domain}"], RATE, RATE])
        if any(units < 0 for (units,) in cursor.fetchall()):
            raise AssertionError("too fast")
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
