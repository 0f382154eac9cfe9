"""A way of deciding over past days, each day in one go at its end (UTC)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from crm.models import Interaction
from surveys.models import Program, ProgramVersion
from surveys.sampling import MET
from surveys.services.occasions.coming_round import make_turns
from surveys.services.occasions.gathering import gather_turns
from surveys.services.rehearsing import expecting, shadow
from surveys.services.rehearsing.shadow import Arm, midnight
from surveys.services.triggering.allocating import allocate
from surveys.services.triggering.claiming import know_the_claimed, look_at_interactions, look_at_turns
from surveys.services.triggering.in_force import at_once
from surveys.services.triggering.judging import judge, make_room, values_of
from surveys.services.triggering.rules import rules_of
from surveys.services.triggering.tables import execute
from surveys.services.triggering.waiting import put_off
from surveys.services.triggering.windows_sql import open_window, opened_by

DAY = timedelta(days=1)
Moved = Callable[[int], None]

# Whoever is asked answers a day after the hand-off, with the probability of their unit, and gives a score as the
# program's customers do; the same lot in each arm.
_ASK = """
WITH asked AS (
    SELECT v.person_id, o.unit_id, o.interaction_id FROM trigger_verdict v JOIN trigger_claim o ON o.id = v.id
    WHERE v.reason = 'asked'
),
contact AS (
    INSERT INTO {ledger} (customer_id, program_id, program_kind, state, reserved_at, handed_off_at)
    SELECT person_id, %(program_id)s, %(kind)s, 'handed_off', %(at)s, %(due_at)s FROM asked
),
invited AS (
    INSERT INTO {invitations} (customer_id, unit_id, program_id, interaction_id, created_at, expires_at)
    SELECT person_id, unit_id, %(program_id)s, interaction_id, %(at)s, %(expires_at)s FROM asked
    RETURNING id, customer_id, unit_id
)
INSERT INTO {responses} (invitation_id, customer_id, unit_id, program_id, answered_at, scale_min, scale_max, score,
                         category, source)
SELECT i.id, i.customer_id, i.unit_id, %(program_id)s, %(due_at)s + interval '1 day', %(scale_min)s, %(scale_max)s,
       s.score, coalesce(s.category, ''), ''
FROM invited i CROSS JOIN LATERAL md5(%(seed)s || i.customer_id || %(at)s::text) lot
JOIN shadow_rate r ON r.unit_id = i.unit_id AND r.program_id = %(program_id)s
LEFT JOIN shadow_score s ON s.program_id = %(program_id)s AND %(scale_min)s = 0 AND %(scale_max)s = 10
     AND ('x' || substr(lot, 9, 8))::bit(32)::bigint / 4294967296.0 >= s.above
     AND ('x' || substr(lot, 9, 8))::bit(32)::bigint / 4294967296.0 < s.upto
WHERE ('x' || substr(lot, 1, 8))::bit(32)::bigint / 4294967296.0 < r.rate
"""
# `rival`: the program that went first, by the question that opened the window or because the person was left to it
_COUNT = """
WITH decided AS (
    SELECT *, {open_window} AS open_window FROM {decisions} WHERE run_id = %(run_id)s AND program_id = %(program_id)s
),
contact AS (
    SELECT i.person_id, greatest(coalesce(l.handed_off_at, l.reserved_at), l.reminded_at) AS at,
           max(l.program_id) AS program_id
    FROM trigger_identity i JOIN {ledger} l ON l.customer_id = i.customer_id
    WHERE l.state <> 'released' GROUP BY 1, 2
)
INSERT INTO {counts}
SELECT %(program_id)s, d.unit_id, d.reason, d.stratum, d.open_window, coalesce(c.program_id, p.id), count(*)
FROM (SELECT *, {opened_by} AS opened FROM decided) d
LEFT JOIN contact c ON c.person_id = d.customer_id AND c.at = d.opened
LEFT JOIN surveys_program p ON d.reason = 'other_program'
    AND p.code = coalesce(d.inputs -> 'lots' ->> 'kept_for', d.inputs -> 'allocation' -> 'lacking' -> 0 ->> 'program')
GROUP BY 2, 3, 4, 5, 6
"""
_SEEN = "INSERT INTO shadow_person SELECT DISTINCT person_id FROM trigger_claim ON CONFLICT DO NOTHING"
_DECIDED = "UPDATE {turns} SET triggered_at = %(at)s WHERE id IN (SELECT turn_id FROM trigger_claim)"
_DUE = "program_id = %(program_id)s AND due_at <= %(at)s AND triggered_at IS NULL"
# what is counted is needed for the pace of the last week alone
_SHED = """
CREATE TEMPORARY TABLE shadow_kept AS
SELECT * FROM {decisions} WHERE occasion_day >= %(week)s AND reason IN {met};
TRUNCATE {decisions};
INSERT INTO {decisions} SELECT * FROM shadow_kept;
DROP TABLE shadow_kept;
"""


def run_days(
    arms: list[Arm],
    *,
    first: date,
    last: date,
    now: datetime,
    moved: Moved = lambda _: None,
    known: Callable[[], None] = lambda: None,
) -> None:
    """Have every arm decide about all that happened from `first` to `last`; `moved(n)` after each day. `known`: whoever
    knows better how often people answer corrects `shadow_rate` here.

    What they decided stays in the arms' tables until `drop_all`. One statement per step, arm, version and day.
    """
    drop_all(arms)
    expecting.expect(sorted({v.program_id for arm in arms for v in arm.versions}), at=now)
    known()
    for arm in arms:
        shadow.set_up(arm, first=midnight(first), over=midnight(last + DAY))
    for number in range((last - first).days + 1):
        with transaction.atomic():
            _day(arms, first + number * DAY, number)
        moved(number + 1)


def drop_all(arms: list[Arm]) -> None:
    for arm in arms:
        shadow.drop(arm)
    execute(expecting.DROP)


def _day(arms: list[Arm], day: date, number: int) -> None:
    begin, at = midnight(day), midnight(day + DAY)
    for arm in arms:
        for version in arm.versions:
            _turns(arm, version, at, 2 * number)
    rows = Interaction.objects.filter(occurred_at__gte=begin, occurred_at__lt=at)
    if look_at_interactions(rows):
        know_the_claimed([rules_of(v) for arm in arms for v in arm.versions], at=at, holding=False)
        execute(_SEEN)
        for arm in arms:
            gather_turns(arm.versions, at=at, tables=arm.tables)
            make_room_again()
            _allocate(arm, at_once(arm.versions), at)
            for version in at_once(arm.versions):
                _decide(arm, version, at, 2 * number + 1)
    if number % 7 == 6:
        for arm in arms:
            execute(_SHED.format(met=f"{MET}", **asdict(arm.tables)), {"week": day - 8 * DAY})


def _allocate(arm: Arm, versions: list[ProgramVersion], at: datetime) -> None:
    if arm.allocating:
        allocate(versions, arm.versions, at=at, tables=arm.tables)


def make_room_again() -> None:
    execute("DROP TABLE IF EXISTS trigger_eligible, trigger_verdict, trigger_standing")
    make_room()


def _turns(arm: Arm, version: ProgramVersion, at: datetime, run: int) -> None:
    """Turns of one program that are due by the end of the day, those of the day's round among them."""
    if version.decides_about_interactions:
        delayed = any(rule.delays for rule in rules_of(version).further)
        if not delayed:
            return
    if version.program.kind == Program.Kind.RELATIONSHIP and version.wave_months:
        make_turns(version, at=at - DAY, since=(at - DAY).date(), tables=arm.tables)
    values = {"program_id": version.program_id, "at": at}
    if look_at_turns(arm.tables.turns, _DUE, values):
        know_the_claimed([rules_of(v) for v in arm.versions], at=at, holding=False)
        execute(_SEEN)
        make_room()
        _allocate(arm, [version], at)
        _decide(arm, version, at, run)
        execute(_DECIDED.format(turns=arm.tables.turns), {"at": at})


def _decide(arm: Arm, version: ProgramVersion, at: datetime, run: int) -> None:
    values = values_of(version, at=at, run_id=run)
    values["oldest"] -= DAY  # in life it is decided within the day, not at its end
    values["program_until"] = None  # the window of today says nothing about those days
    counts = judge(version, values, arm.tables)
    names: dict[str, Any] = asdict(arm.tables)
    if counts.get("asked"):
        execute("ANALYZE trigger_verdict")
        execute(_ASK.format(**names), {**values, "scale_min": version.scale_min, "scale_max": version.scale_max})
    rules = rules_of(version)
    names |= {"counts": arm.counts, "open_window": open_window(rules), "opened_by": opened_by(rules)}
    execute(_COUNT.format(**names), values)
    if counts.get("delayed"):
        put_off(values, arm.tables)


def arms_of(version: ProgramVersion, in_force: list[ProgramVersion], *, allocating: bool = False) -> list[Arm]:
    """The version among the others in force, and, if it is another, what is in force by itself."""
    others = [v for v in in_force if v.program_id != version.program_id]
    proposed = sorted([*others, version], key=_order)
    arms = [Arm("proposed", proposed, allocating)]
    if version.pk not in {v.pk for v in in_force}:
        arms.append(replace(arms[0], name="in_force", versions=in_force))
    return arms


def _order(version: ProgramVersion) -> tuple[int, int, int]:
    relationship = version.program.kind == Program.Kind.RELATIONSHIP
    return version.priority, 0 if relationship else 1, version.program_id
