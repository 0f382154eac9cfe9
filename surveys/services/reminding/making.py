"""Who has given no sign of life by the day that the version says gets a reminder: a message as any other, made in sets.

The hand-off of the question notes when to look (`ContactLedger.remind_at`); this job takes the rows whose time has
come, makes the messages of those who are silent, and notes when to look again if the version reminds twice.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from common.models import Event
from common.queue import enqueue
from surveys.models import Program, ProgramVersion
from surveys.services.reminding.signs_sql import SIGN

IN_TIME = timedelta(days=3)  # a reminder that could not go out by then does not go out at all
MADE = "made"

# a day is 24 hours; quiet hours are looked at when it leaves
_MAKE = """
WITH due AS MATERIALIZED (
    SELECT l.id AS contact_id, l.remind_at, n.id, n.public_id, n.program_id, n.customer_id, n.interaction_id,
           n.created_at, n.expires_at, v.reminder_days AS days, q.contact_point_id, q.handed_off_at,
           (SELECT count(*)::integer FROM surveys_message m WHERE m.invitation_id = n.id AND m.kind <> 'ask') AS before
    FROM surveys_contactledger l
    JOIN surveys_invitation n ON n.contact_id = l.id
    JOIN surveys_message q ON q.invitation_id = n.id AND q.kind = 'ask'
    JOIN surveys_programversion v ON v.id = n.version_id
    WHERE l.remind_at <= %(at)s
    ORDER BY l.remind_at, l.id LIMIT %(limit)s
    FOR UPDATE OF l SKIP LOCKED
),
looked AS MATERIALIZED (
    SELECT d.*, CASE WHEN d.remind_at < %(at)s - %(in_time)s THEN 'late' WHEN d.expires_at <= %(at)s THEN 'expired'
                     ELSE {sign} END AS why
    FROM due d
),
made AS (
    INSERT INTO surveys_message (invitation_id, kind, contact_point_id, created_at, state, due_at, attempts, message_id,
                                 reply)
    SELECT id, CASE before WHEN 0 THEN 'reminder' ELSE 'reminder_2' END, contact_point_id, %(at)s, 'pending', remind_at,
           0, '<reminder.' || before + 1 || '.' || public_id || '@' || %(domain)s || '>', ''
    FROM looked WHERE why IS NULL AND before < cardinality(days)
    ON CONFLICT DO NOTHING
),
noted AS (
    UPDATE surveys_contactledger l
    SET remind_at = CASE WHEN k.why IS NULL THEN k.handed_off_at + k.days[k.before + 2] * interval '1 day' END
    FROM looked k WHERE l.id = k.contact_id
)
SELECT program_id, coalesce(why, 'made'), count(*) FROM looked GROUP BY 1, 2
""".replace("{sign}", SIGN.format(n="d", own="0", at="%(at)s"))


_TAKE_OVER = """
UPDATE surveys_contactledger l SET remind_at = q.handed_off_at + v.reminder_days[1] * interval '1 day'
FROM surveys_invitation n
JOIN surveys_programversion v ON v.id = n.version_id
JOIN surveys_message q ON q.invitation_id = n.id AND q.kind = 'ask' AND q.state = 'handed_off'
WHERE n.contact_id = l.id AND l.remind_at IS NULL AND l.reminded_at IS NULL AND cardinality(v.reminder_days) > 0
  AND q.handed_off_at > %(at)s - %(in_time)s - v.reminder_days[1] * interval '1 day'
"""


@transaction.atomic
def take_over_reminders(*, at: datetime) -> int:
    """Questions that another system asked (`backfilling`) are reminded of by this one, those whose reminder is not late
    yet; how many. Nobody is unless this is called: the other system may remind as well."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"at": at, "in_time": IN_TIME}
        cursor.execute(_TAKE_OVER, values)
        return int(cursor.rowcount)


def first_look(version: ProgramVersion, *, at: datetime) -> datetime | None:
    """When to look whether somebody who is asked at `at` is to be reminded."""
    return at + timedelta(days=version.reminder_days[0]) if version.reminder_days else None


@transaction.atomic
def make_reminders(*, at: datetime, limit: int = 5000) -> int:
    """Look at up to `limit` people whose time has come; how many. The messages leave as any others."""
    values: dict[str, Any] = {"at": at, "limit": limit, "in_time": IN_TIME, "domain": settings.MAIL_DOMAIN}
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, values)
        found = cursor.fetchall()
    counts: dict[int, Counter[str]] = {}
    for program, why, number in found:
        counts.setdefault(program, Counter())[why.replace(" ", "_")] += number
    programs = Program.objects.in_bulk(counts)
    Event.objects.record_each("reminders.made", {programs[pk]: dict(said) for pk, said in counts.items()}, at=at)
    if any(said[MADE] for said in counts.values()):
        enqueue("surveys.tasks.dispatch")
    return sum(said.total() for said in counts.values())
