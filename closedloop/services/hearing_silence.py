"""No answer is an answer too, when somebody on whom an account hangs was asked and the time to answer has passed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from closedloop.models import CustomerSignal
from common.models import Event, State
from common.queue import enqueue
from crm.models import AccountMember

LATELY = timedelta(days=7)  # a night or six that were missed are made good; what ended before is history

# from the few key contacts to their invitations, by index; the person is the row that stands for them today
_SILENT = """
WITH person AS (
    SELECT DISTINCT c.id, coalesce(c.canonical_id, c.id) AS person_id
    FROM crm_accountmember m JOIN crm_customer c ON c.id = m.customer_id
    WHERE m.role = ANY(%(roles)s) AND c.erased_at IS NULL
        AND (m.since IS NULL OR m.since <= %(day)s) AND (m.until IS NULL OR m.until > %(day)s)
)
INSERT INTO closedloop_customersignal
    (kind, source_id, revision, program_id, customer_id, interaction_id, unit_id, employee_id,
     category, previous_category, text, at)
SELECT 'silence', i.id::text, 1, i.program_id, person.person_id, i.interaction_id, i.unit_id, i.employee_id,
    '', '', '', i.expires_at
FROM person JOIN surveys_invitation i ON i.customer_id = person.id
WHERE i.expires_at > %(since)s AND i.expires_at <= %(at)s
    AND EXISTS (SELECT FROM surveys_message s WHERE s.invitation_id = i.id AND s.state = %(out)s)
    AND NOT EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = i.id)
    AND NOT EXISTS (SELECT FROM surveys_refusal f WHERE f.invitation_id = i.id)
ORDER BY i.id
ON CONFLICT (kind, source_id, revision) DO NOTHING
RETURNING id
"""


@transaction.atomic
def hear_silence(*, at: datetime) -> int:
    """Raise a signal for each key contact (holder or decision maker of an account) who was asked, did not answer and
    did not refuse, and whose time to answer ended lately; how many are new. One statement; called again it changes
    nothing."""
    values: dict[str, Any] = {
        "roles": sorted(AccountMember.KEY_ROLES), "day": at.date(), "since": at - LATELY, "at": at,
        "out": State.HANDED_OFF,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SILENT, values)
        found = [pk for (pk,) in cursor.fetchall()]
    if found:
        heard: dict[Model, dict[str, Any]] = {row: {} for row in CustomerSignal.objects.filter(pk__in=found)}
        Event.objects.record_each("silence.heard", heard, at=at)
        enqueue("closedloop.tasks.screen")
    return len(found)
