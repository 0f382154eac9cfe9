"""Occasions that wait for the end of a window: each is a turn of its program, due then, and is decided about only then.

An interaction that is already a turn of the program stays that one: every occasion has one decision. The turn keeps the
rule whose window ends last, and how often it was put off.
"""

from __future__ import annotations

from typing import Any

from surveys.services.triggering.tables import LIVE, Tables, execute

_BECOME_TURNS = """
INSERT INTO {turns} (program_id, key, customer_id, interaction_id, unit_id, employee_id, occurred_at, due_at, why,
                          created_at, delays, delayed_by)
SELECT %(program_id)s, o.occasion, o.customer_id, o.interaction_id, o.unit_id, o.employee_id, o.occurred_at,
       v.wait_until, '', %(at)s, 1, %(contact_rules)s::jsonb -> v.waits_by
FROM trigger_verdict v JOIN trigger_claim o ON o.id = v.id
WHERE v.reason = 'delayed' AND o.turn_id IS NULL
ON CONFLICT (program_id, key) DO NOTHING
"""
_ARE_DUE_LATER = """
UPDATE {turns} t SET due_at = v.wait_until, delays = t.delays + 1, delayed_by = %(contact_rules)s::jsonb -> v.waits_by
FROM trigger_verdict v JOIN trigger_claim o ON o.id = v.id
WHERE v.reason = 'delayed' AND t.id = o.turn_id
"""
_ARE_NOT_DECIDED = """
DELETE FROM trigger_claim o USING trigger_verdict v WHERE v.id = o.id AND v.reason = 'delayed' AND o.turn_id IS NOT NULL
"""


def put_off(values: dict[str, Any], tables: Tables = LIVE) -> None:
    """Have what `trigger_verdict` says is delayed come round again when its windows end."""
    for statement in (_BECOME_TURNS, _ARE_DUE_LATER, _ARE_NOT_DECIDED):
        execute(statement.format(turns=tables.turns), values)
