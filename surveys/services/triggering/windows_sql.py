"""Contact rules in SQL: for each rule the last contact of its sort, who is barred by it, until when an occasion waits.

`trigger_mate` has for each person the customer rows whose contacts count: their own, those of the household, those of
the account. `trigger_bond`: which accounts a person belongs to on the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveys.contact_rules import ContactRule
from surveys.deciding import Rules
from surveys.services.triggering.tables import Tables

BOND_TABLE = """
CREATE TEMPORARY TABLE trigger_bond ON COMMIT DROP AS
SELECT DISTINCT i.person_id, a.id AS account_id,
       CASE a.kind WHEN 'household' THEN 'household' ELSE 'account' END AS per
FROM trigger_identity i
JOIN crm_accountmember m ON m.customer_id = i.customer_id
JOIN crm_account a ON a.id = m.account_id
WHERE (m.since IS NULL OR m.since <= %(today)s) AND (m.until IS NULL OR m.until > %(today)s)
"""
MATE_TABLE = """
CREATE TEMPORARY TABLE trigger_mate ON COMMIT DROP AS
WITH member AS (
    SELECT DISTINCT b.person_id, b.per, coalesce(c.canonical_id, c.id) AS other
    FROM trigger_bond b
    JOIN crm_accountmember m ON m.account_id = b.account_id
    JOIN crm_customer c ON c.id = m.customer_id
    WHERE (m.since IS NULL OR m.since <= %(today)s) AND (m.until IS NULL OR m.until > %(today)s)
)
SELECT person_id, per, customer_id
FROM trigger_identity, unnest(ARRAY['person', 'household', 'account']) AS per
UNION SELECT person_id, per, other FROM member
UNION SELECT m.person_id, m.per, c.id FROM member m JOIN crm_customer c ON c.canonical_id = m.other
"""

# {time}: of the contact; {kind}, {program}: whose it was
_SOURCES = {
    "asked": """
    SELECT m.person_id, m.per, l.program_kind AS kind, l.program_id,
           CASE l.state WHEN 'reserved' THEN %(at)s
                ELSE greatest(coalesce(l.handed_off_at, l.reserved_at), l.reminded_at) END AS last
    FROM trigger_mate m JOIN {ledger} l ON l.customer_id = m.customer_id
    WHERE l.state <> 'released'""",
    "answered": """
    SELECT m.person_id, m.per, p.kind, r.program_id, r.answered_at AS last
    FROM trigger_mate m JOIN {responses} r ON r.customer_id = m.customer_id
    JOIN surveys_program p ON p.id = r.program_id
    WHERE r.answered_at <= %(at)s""",
    "bounced": """
    SELECT m.person_id, m.per, '' AS kind, NULL::bigint AS program_id, s.at AS last
    FROM trigger_mate m JOIN crm_contactpoint c ON c.customer_id = m.customer_id
    JOIN crm_suppression s ON s.channel = c.channel AND s.address_hash = c.address_hash
    WHERE s.reason = 'bounced' AND s.at <= %(at)s""",
}
_WINDOW = """
window_{since} AS (
    SELECT person_id, {columns} FROM ({rows}) contact GROUP BY person_id
),"""
_NOT_WAITED_FOR = {
    "any": " AND false",
    "kind": " AND program_kind <> %(kind)s",
    "program": " AND program_id <> %(program_id)s",
}
_AMONG = {"any": "", "kind": " AND kind = %(kind)s", "program": " AND program_id = %(program_id)s"}


@dataclass(frozen=True)
class Windows:
    """The slots of `judging_sql.DECIDE` that a version's further rules fill, and their named values."""

    slots: dict[str, str]
    values: dict[str, Any]


def windows_of(rules: Rules, *, at: datetime, tables: Tables) -> Windows:
    """What the further rules and the cap of a version add to the statement."""
    further = rules.further
    slots = {
        "windows": "".join(_source(since, further, tables) for since in _SOURCES if _of(since, further)),
        "window_columns": "".join(f", window_{rule.since}.last_{n}" for n, rule in enumerate(further)),
        "window_joins": "".join(
            f"\n    LEFT JOIN window_{since} ON window_{since}.person_id = o.person_id"
            for since in _SOURCES
            if _of(since, further)
        ),
        "window_bars": "\n        ".join(_bars(rules)),
        "wait_until": _wait_until(further),
        "waits_by": _waits_by(further),
        "not_waited_for": "".join(_NOT_WAITED_FOR[among] for among in sorted(rules.waited_for)),
    }
    values: dict[str, Any] = {f"cut_{n}": at - rule.window for n, rule in enumerate(further)}
    values |= {f"days_{n}": rule.window for n, rule in enumerate(further)}
    return Windows(slots, values | {"cap": rules.yearly_cap})


def open_window(rules: Rules) -> str:
    """Of a decision's row: which window was open, the first that is looked at. `on_its_way`, `any`, `kind`, or the
    number of a further rule; empty where no window decided."""
    further = sorted(enumerate(rules.further), key=lambda pair: pair[1].delays)
    cases = [
        "WHEN reason = 'quarantined' AND inputs ->> 'outstanding' = 'true' THEN 'on_its_way'",
        _open("quarantined", "inputs ->> 'last_asked_at'", rules.quarantine.days, "any"),
        _open("quarantined", "inputs ->> 'last_of_kind_at'", rules.program_quarantine.days, "kind"),
        *(_open(rule.reason, f"inputs -> 'windows' ->> {n}", rule.days, str(n)) for n, rule in further),
    ]
    return f"CASE {' '.join(cases)} ELSE '' END"


def opened_by(rules: Rules) -> str:
    """Of a row with its `open_window`: when the person was asked that opened it. Null where no question did, or where
    it may have been somebody else's of the household or account."""
    further = [(n, rule) for n, rule in enumerate(rules.further) if rule.since == "asked" and rule.per == "person"]
    cases = [
        "WHEN 'any' THEN inputs ->> 'last_asked_at'",
        "WHEN 'kind' THEN inputs ->> 'last_of_kind_at'",
        *(f"WHEN '{n}' THEN inputs -> 'windows' ->> {n}" for n, _ in further),
    ]
    return f"(CASE open_window {' '.join(cases)} END)::timestamptz"


def _open(reason: str, last: str, days: int, name: str) -> str:
    return f"WHEN reason = '{reason}' AND ({last})::timestamptz > decided_at - interval '{days} days' THEN '{name}'"


def _of(since: str, rules: Sequence[ContactRule]) -> list[tuple[int, ContactRule]]:
    return [(n, rule) for n, rule in enumerate(rules) if rule.since == since]


def _source(since: str, rules: Sequence[ContactRule], tables: Tables) -> str:
    rows = _SOURCES[since].format(ledger=tables.ledger, responses=tables.responses)
    columns = ", ".join(
        f"max(last) FILTER (WHERE per = '{rule.per}'{_AMONG[rule.among]}) AS last_{n}" for n, rule in _of(since, rules)
    )
    return _WINDOW.format(since=since, columns=columns, rows=rows)


def _bars(rules: Rules) -> list[str]:
    """As `deciding` has them: what blocks, the cap, what waits, and what would have to wait too long."""
    further = list(enumerate(rules.further))
    blocks = [f"WHEN last_{n} > %(cut_{n})s THEN '{rule.reason}'" for n, rule in further if not rule.delays]
    cap = [] if rules.yearly_cap is None else ["WHEN in_year >= %(cap)s THEN 'capped'"]
    late = [f"WHEN last_{n} > %(cut_{n})s THEN '{rule.reason}'" for n, rule in further if rule.delays]
    wait = [f"WHEN {_wait_until(rules.further)} <= occurred_at + %(patience)s THEN 'delayed'"] if late else []
    return [*blocks, *cap, *wait, *late]


def _ends(rules: Sequence[ContactRule]) -> dict[int, str]:
    """When the window of each rule that delays ends, by its number; null where it is not open."""
    return {
        n: f"CASE WHEN last_{n} > %(cut_{n})s THEN last_{n} + %(days_{n})s END"
        for n, rule in enumerate(rules)
        if rule.delays
    }


def _wait_until(rules: Sequence[ContactRule]) -> str:
    ends = _ends(rules)
    return f"greatest({', '.join(ends.values())})" if ends else "NULL::timestamptz"


def _waits_by(rules: Sequence[ContactRule]) -> str:
    """The number of the rule whose window ends last."""
    ends = _ends(rules)
    cases = " ".join(f"WHEN {end} THEN {n}" for n, end in ends.items())
    return f"CASE {_wait_until(rules)} {cases} END" if ends else "NULL::integer"
