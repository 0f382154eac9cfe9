"""Rates, quotas and how each unit stands in the period, in SQL; `surveys.sampling` has the same rules in Python.

`trigger_standing` has a row for each unit among the claimed.
"""

from __future__ import annotations

from surveys.models import ProgramVersion
from surveys.sampling import IN_FRAME as REASONS
from surveys.sampling import Wanted
from surveys.services.triggering.judging_sql import UNSIGNED

IN_FRAME = f"{REASONS}"
STANDING_TABLE = """
CREATE TEMPORARY TABLE trigger_standing
    (unit_id bigint, invited bigint, answers bigint, still numeric, expected numeric, ahead numeric) ON COMMIT DROP
"""

_UNITS = """
TRUNCATE trigger_standing;
INSERT INTO trigger_standing
WITH unit AS (SELECT DISTINCT unit_id FROM trigger_claim WHERE program_id IS NULL OR program_id = %(program_id)s)"""

# A message that never went out gives its place back.
STANDING = """{units}
SELECT u.unit_id, n.invited, 0, 0, 1, 0
FROM unit u CROSS JOIN LATERAL (
    SELECT count(*) AS invited
    FROM {invitations} i LEFT JOIN {ledger} l ON l.id = i.contact_id
    WHERE i.unit_id = u.unit_id AND i.program_id = %(program_id)s AND i.created_at >= %(period_began)s
      AND l.state IS DISTINCT FROM 'released'
) n
"""

# `expected`: the share who answered of those asked 7 to 37 days ago, drawn to a fifth as if ten more had been asked.
# `half`: seconds after which half of the answers were there; a day until ten are known. An invitation of age a without
# an answer will yet have one with probability r w / (1 - r (1 - w)), w = 2 ^ (-a / half). `ahead`: the pace of the last
# seven days, over what is left of the period.
STANDING_WITH_ANSWERS = """{units}
SELECT u.unit_id, n.invited, n.answers, round(n.still::numeric, 6), round(e.expected, 6),
       round(a.daily * extract(epoch FROM %(period_ends)s - %(at)s) / 86400, 3)
FROM unit u
CROSS JOIN LATERAL (
    SELECT (count(r.id) + 2)::numeric / (count(*) + 10) AS expected,
           CASE WHEN count(r.id) < 10 THEN 86400.0 ELSE greatest(3600.0, percentile_cont(0.5) WITHIN GROUP (
               ORDER BY extract(epoch FROM r.answered_at - i.created_at)::float)) END AS half
    FROM {invitations} i LEFT JOIN {responses} r ON r.invitation_id = i.id AND r.answered_at <= %(at)s
    WHERE i.unit_id = u.unit_id AND i.program_id = %(program_id)s
      AND i.created_at >= %(mature_from)s AND i.created_at < %(mature_until)s
) e
CROSS JOIN LATERAL (
    SELECT count(*) AS invited, count(r.id) AS answers, coalesce(sum(CASE WHEN r.id IS NULL AND i.expires_at > %(at)s
               THEN e.expected * w.late / (1 - e.expected * (1 - w.late)) END), 0) AS still
    FROM {invitations} i
    LEFT JOIN {ledger} l ON l.id = i.contact_id
    LEFT JOIN {responses} r ON r.invitation_id = i.id AND r.answered_at <= %(at)s
    CROSS JOIN LATERAL (SELECT power(0.5, greatest(0, extract(epoch FROM %(at)s - i.created_at)) / e.half) AS late) w
    WHERE i.unit_id = u.unit_id AND i.program_id = %(program_id)s AND i.created_at >= %(period_began)s
      AND l.state IS DISTINCT FROM 'released'
) n
CROSS JOIN LATERAL (
    SELECT count(*) / 7.0 AS daily FROM {decisions} d
    WHERE d.unit_id = u.unit_id AND d.program_id = %(program_id)s AND d.reason IN {in_frame}
      AND d.occasion_day >= %(week_ago)s AND d.occasion_day < %(today)s
) a
"""

# Where customers are kept for other programs by lot, the rest is drawn at a higher rate (`surveys.reserving.opened`).
_OPENED = "CASE WHEN open IS NULL THEN rate WHEN open > 0 THEN round(least(1, rate / open), 6) ELSE 0 END"
_IS_OPEN = "(kept_for = %(program)s) IS NOT FALSE"
_CHANCE = f"{_OPENED} * coalesce(open, 1)"

_PLAIN = """
drawn AS (
    SELECT *, bar IS NULL AND place = 1 AND {is_open} AND {taken} AS is_drawn
    FROM (SELECT *, {rate} AS rate FROM ranked) rated
)"""

_BY_UNIT = """
rated AS (
    SELECT r.*, r.bar IS NULL AND r.place = 1 AS is_chosen, s.invited, s.answers, s.still, s.expected, s.ahead
    FROM (SELECT *, {rate} AS base FROM ranked) r LEFT JOIN trigger_standing s ON s.unit_id = r.unit_id
),
units AS (
    SELECT *, count(*) FILTER (WHERE is_chosen) OVER unit AS chosen,
           round(avg(base) FILTER (WHERE is_chosen) OVER unit, 6) AS mean
    FROM rated WINDOW unit AS (PARTITION BY unit_id)
),
tried AS (
    SELECT *, is_chosen AND {is_open} AND {taken} AS is_drawn FROM {frame}
),
drawn AS (
    SELECT *, count(*) FILTER (WHERE is_drawn) OVER (PARTITION BY unit_id) AS of_unit,
           row_number() OVER (PARTITION BY unit_id, is_drawn ORDER BY CASE WHEN is_drawn THEN {seat} END, occasion)
               AS seat
    FROM tried
)"""
_TARGET = """coalesce(least(1, {rate} * (greatest(%(target)s - answers - still, 0) / expected / (chosen + ahead))
    / nullif(mean, 0)), 0)"""
_MINIMUM = """greatest({rate}, CASE WHEN invited < %(minimum)s
    THEN least(1, ceil((%(minimum)s - invited) * 1000000::numeric / chosen) / 1000000) ELSE 0 END)"""
_ADAPTED = """(
        SELECT *, CASE WHEN bar IS NULL AND chosen > 0 THEN {adapted} ELSE base END AS rate, {room} AS room FROM units
    ) adapted"""
_DRAWN = {"taken": f"draw < {_OPENED} * 18446744073709551616", "frame": "{adapted}", "seat": f"draw / ({_OPENED})"}

# `surveys.sampling.marked`: the occasions of a unit that lacks its minimum stand in a line in the order of their draws
_IN_LINE = {
    "taken": f"""CASE WHEN invited < %(minimum)s THEN ceil(upto - start) > ceil(upto - rate - start)
        ELSE {_DRAWN["taken"]} END""",
    "frame": """(
        SELECT *, sum(rate) OVER line AS upto, first_value(mark) OVER line AS start FROM {adapted}
        WINDOW line AS (PARTITION BY unit_id, is_chosen ORDER BY draw, occasion)
    ) lined""",
    "seat": f"CASE WHEN invited < %(minimum)s THEN lot ELSE {_DRAWN['seat']} END",
}
_NUMBERS = f", mod({UNSIGNED.format(first=17)}, 1000000) / 1000000 AS mark, {UNSIGNED.format(first=25)} AS lot"
_ROOM = "greatest(0, %(quota)s - invited)"
_ROOM_FOR_ANSWERS = "greatest(0, floor((%(quota)s - answers - still) / expected))"
_STANDING = {
    "quota": "'invited', invited",
    "minimum": "'invited', invited, 'chosen', chosen",
    "answers": "'invited', invited, 'answers', answers, 'still', still, 'expected', expected, 'ahead', ahead,"
    " 'chosen', chosen, 'mean', mean",
}


def by_unit(wanted: Wanted) -> bool:
    """Whether it matters how the units stand."""
    return any(number is not None for number in (wanted.quota, wanted.target, wanted.minimum))


def _needs(wanted: Wanted) -> str:
    if wanted.target is not None or wanted.quota_counts_answers:
        return "answers"
    return "quota" if wanted.minimum is None else "minimum"


def standing_sql(wanted: Wanted, names: dict[str, str]) -> str:
    """How the units stand, as far as what is `wanted` needs it. `names` of tables."""
    standing = STANDING_WITH_ANSWERS if _needs(wanted) == "answers" else STANDING
    return standing.format(units=_UNITS, in_frame=IN_FRAME, **names)


def drawing_slots(version: ProgramVersion, wanted: Wanted) -> dict[str, str]:
    """The slots of `judging_sql.DECIDE` that tell who is drawn."""
    rate, stratum = "%(rate)s::numeric", "''"
    if version.strata:
        cases = range(len(version.strata))
        rate = f"CASE stratum {_cases(cases, 'rate')} ELSE {rate} END"
        stratum = f"CASE stratum {_cases(cases, 'stratum')} ELSE '' END"
    drawn = _PLAIN.format(rate=rate, is_open=_IS_OPEN, taken=_DRAWN["taken"])
    plain = {"drawn": drawn, "probability": _CHANCE, "numbers": "", "over_quota": "", "inputs": ""}
    slots = {"stratum": stratum} | (_slots_by_unit(rate, wanted) if by_unit(wanted) else plain)
    if version.strata or wanted.target is not None or wanted.minimum is not None:
        slots["inputs"] += ", 'rate', CASE WHEN bar IS NULL THEN rate END"
    return slots


def _slots_by_unit(rate: str, wanted: Wanted) -> dict[str, str]:
    adapted, ways, numbers, line = "base", _DRAWN, "", ""
    if wanted.target is not None:
        adapted = f"round({_TARGET.format(rate=adapted)}, 6)"
    if wanted.minimum is not None:
        adapted, ways, numbers = _MINIMUM.format(rate=adapted), _IN_LINE, _NUMBERS
        line = ", 'line', CASE WHEN is_chosen AND invited < %(minimum)s THEN upto END"
    room = "NULL::numeric" if wanted.quota is None else _ROOM_FOR_ANSWERS if wanted.quota_counts_answers else _ROOM
    frame = ways["frame"].format(adapted=_ADAPTED.format(adapted=adapted, room=room))
    return {
        "drawn": _BY_UNIT.format(rate=rate, is_open=_IS_OPEN, **(ways | {"frame": frame})),
        "numbers": numbers,
        "over_quota": "WHEN seat > room THEN 'over_quota'",
        "probability": f"{_CHANCE} * CASE WHEN of_unit > room THEN room::numeric / of_unit ELSE 1 END",
        "inputs": f"""{line},
    'room', CASE WHEN bar IS NULL THEN room END, 'drawn', CASE WHEN bar IS NULL THEN of_unit END,
    'standing', CASE WHEN bar IS NULL AND chosen > 0 THEN jsonb_build_object({_STANDING[_needs(wanted)]}) END""",
    }


def _cases(numbers: range, name: str) -> str:
    return " ".join(f"WHEN {n} THEN %({name}_{n})s" for n in numbers)
