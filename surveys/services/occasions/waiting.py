"""Programs that decide once a day: what happens waits, as turns, for the hour at which they do.

Runs within the trigger's transaction, on what it has claimed (`trigger_claim`).
"""

from __future__ import annotations

from datetime import datetime

from surveys.models import ProgramVersion
from surveys.services.occasions.hours import NEXT, hour_of
from surveys.services.triggering.tables import LIVE, Tables, execute


def wait_for_the_hour(version: ProgramVersion, *, at: datetime, tables: Tables = LIVE) -> int:
    """Every claimed interaction becomes a turn of a program that decides once a day, due when it next does; due now of
    one that decides at once, but cannot at present."""
    values = {"program_id": version.program.pk, "at": at, "hour": hour_of(version)}
    return execute(_WAIT.format(next=NEXT.format("%(at)s::timestamptz"), turns=tables.turns), values)


_WAIT = """
INSERT INTO {turns} (program_id, key, customer_id, interaction_id, unit_id, employee_id, occurred_at, due_at, why,
                          created_at)
SELECT %(program_id)s, o.occasion, o.customer_id, o.interaction_id, o.unit_id, o.employee_id, o.occurred_at,
       {next}, '', %(at)s
FROM trigger_claim o WHERE o.turn_id IS NULL
ON CONFLICT (program_id, key) DO NOTHING
"""
