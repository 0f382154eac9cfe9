"""What came of a rehearsal: counts only, from the arms' tables."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from surveys.models import Program, ProgramVersion
from surveys.precision import half_width
from surveys.services.explaining.windows import windows_in_words
from surveys.services.rehearsing.expecting import asked_before
from surveys.services.rehearsing.shadow import BEFORE, Arm, midnight
from surveys.services.triggering.drawing_sql import IN_FRAME
from surveys.services.triggering.tables import fetch

MOST_UNITS = 2_000  # in the result; the largest
MARGIN = 15.0  # points; units within it are counted, all of them
SAMPLE = 20  # of those who would have been asked

_REASONS = """
SELECT reason, sum(n)::bigint FROM {counts} WHERE program_id = %(program)s GROUP BY reason ORDER BY 2 DESC, 1
"""
_WINDOWS = """
SELECT open_window, sum(n)::bigint FROM {counts} WHERE program_id = %(program)s AND open_window <> '' GROUP BY 1
"""
_RIVALS = """
SELECT p.code, p.name, coalesce((sum(c.n) FILTER (WHERE c.reason <> 'other_program'))::bigint, 0),
       coalesce((sum(c.n) FILTER (WHERE c.reason = 'other_program'))::bigint, 0)
FROM {counts} c JOIN surveys_program p ON p.id = c.rival
WHERE c.program_id = %(program)s GROUP BY p.id ORDER BY sum(c.n) DESC, p.name
"""
_STRATA = """
SELECT stratum, sum(n)::bigint, (sum(n) FILTER (WHERE reason = 'asked'))::bigint FROM {counts}
WHERE program_id = %(program)s AND reason IN {in_frame} GROUP BY stratum ORDER BY stratum
"""
_PROGRAMS = """
SELECT p.code, p.name, coalesce(sum(c.n) FILTER (WHERE c.reason = 'asked'), 0)::bigint
FROM surveys_program p JOIN {counts} c ON c.program_id = p.id GROUP BY p.id ORDER BY p.name
"""
_UNITS = """
SELECT u.id, u.name, c.occasions, coalesce(c.asked, 0), round((coalesce(c.asked, 0) * r.rate)::numeric, 2)::float8,
       round((coalesce(c.asked, 0) * r.rate * r.detracts)::numeric, 2)::float8, round(r.rate::numeric, 4)::float8,
       r.asked
FROM (
    SELECT unit_id, sum(n)::bigint AS occasions, (sum(n) FILTER (WHERE reason = 'asked'))::bigint AS asked
    FROM {counts} WHERE program_id = %(program)s AND reason <> 'not_eligible' GROUP BY unit_id
) c
JOIN crm_orgunit u ON u.id = c.unit_id
JOIN shadow_rate r ON r.unit_id = c.unit_id AND r.program_id = %(program)s
ORDER BY 4 DESC, 3 DESC, u.name
"""
# the last day is decided at its end
_TIMES = """
SELECT least(times, 5), count(*) FROM (
    SELECT count(*) AS times FROM {ledger}
    WHERE reserved_at >= %(first)s AND reserved_at <= %(end)s AND state <> 'released' GROUP BY customer_id
) asked GROUP BY 1 ORDER BY 1
"""

# drawn by the row's number: the same days again give the same; a day is decided at its end
_SAMPLE = """
SELECT (created_at AT TIME ZONE 'UTC' - interval '1 second')::date, customer_id, unit_id, interaction_id
FROM {invitations} WHERE program_id = %(program)s AND created_at > %(begin)s ORDER BY md5(id::text) LIMIT %(most)s
"""
_BEGAN = """
SELECT (min(occurred_at) AT TIME ZONE 'UTC')::date FROM crm_interaction
WHERE occurred_at >= %(begin)s AND occurred_at < %(over)s
"""
_ASKED_BEFORE = """
SELECT EXISTS (SELECT FROM surveys_contactledger
               WHERE coalesce(handed_off_at, reserved_at) < %(begin)s
                 AND coalesce(handed_off_at, reserved_at) >= %(back)s AND state <> 'released')
"""

_REALLY = """
SELECT reason, count(*) FROM surveys_decision
WHERE program_id = %(program)s AND occasion_day >= %(first)s AND occasion_day < %(end)s GROUP BY reason
ORDER BY 2 DESC, 1
"""
_REALLY_ANSWERED = """
SELECT count(*), count(r.id), count(*) FILTER (WHERE r.category = 'detractor')
FROM surveys_invitation i LEFT JOIN surveys_response r ON r.invitation_id = i.id
WHERE i.program_id = %(program)s AND i.created_at >= %(first)s AND i.created_at < %(end)s
"""


def count(arms: list[Arm], version: ProgramVersion, *, first: date, last: date) -> dict[str, Any]:
    """The result of a rehearsal: each arm's figures about the version's program, and what really happened."""
    values = {"program": version.program_id, "first": first, "end": last + timedelta(days=1)}
    seen = int(fetch("SELECT count(*) FROM shadow_person")[0][0])
    began = _began(version, first, last)
    weeks = _weeks(began or first, last)
    return {
        "weeks": round(_weeks(first, last), 2), "weeks_of_data": round(weeks, 2),
        "data_from": began.isoformat() if began else None, "asked_before": _asked_before(first),
        "persons": seen, "known_from": asked_before(version.program_id),
        "arms": {arm.name: _arm(arm, values, seen, weeks) for arm in arms},
        "really": _really(values, seen), "sample": _sample(arms[0], version, first),
    }  # fmt: skip


def _sample(arm: Arm, version: ProgramVersion, first: date) -> list[dict[str, Any]]:
    """Some of whom the version would have asked, by day: ids alone, so that nothing has to be erased here."""
    values = {"program": version.program_id, "begin": midnight(first), "most": SAMPLE}
    rows = fetch(_SAMPLE.format(invitations=arm.tables.invitations), values)
    return [
        {"day": day.isoformat(), "customer": customer, "unit": unit, "interaction": interaction}
        for day, customer, unit, interaction in sorted(rows, key=lambda row: row[:2])
    ]


def _weeks(first: date, last: date) -> float:
    """At least one, so that a few days are not blown up."""
    return max(1.0, ((last - first).days + 1) / 7)


def _began(version: ProgramVersion, first: date, last: date) -> date | None:
    """The first day of which there is any interaction; of turns, which the machine makes itself, the first of all."""
    if version.program.kind == Program.Kind.RELATIONSHIP:
        return first
    found: date | None = fetch(_BEGAN, {"begin": midnight(first), "over": midnight(last + timedelta(days=1))})[0][0]
    return found


def _asked_before(first: date) -> bool:
    """Whether anybody was asked in the time before that the windows look back at."""
    begin = midnight(first)
    return bool(fetch(_ASKED_BEFORE, {"begin": begin, "back": begin - BEFORE})[0][0])


def _arm(arm: Arm, values: dict[str, Any], seen: int, weeks: float) -> dict[str, Any]:
    def rows(statement: str) -> list[tuple[Any, ...]]:
        return fetch(statement.format(counts=arm.counts, in_frame=IN_FRAME, **asdict(arm.tables)), values)

    reasons = dict(rows(_REASONS))
    units = [_unit(row, weeks) for row in rows(_UNITS)]
    return {
        "occasions": sum(reasons.values()), "asked": reasons.get("asked", 0), "reasons": reasons,
        "windows": _windows(arm, values["program"], dict(rows(_WINDOWS))),
        "rivals": [
            {"code": code, "name": name, "asked": asked, "left": left} for code, name, asked, left in rows(_RIVALS)
        ],
        "strata": [{"name": name, "frame": n, "asked": asked or 0} for name, n, asked in rows(_STRATA)],
        "programs": [{"code": code, "name": name, "asked": n} for code, name, n in rows(_PROGRAMS)],
        "answers": round(sum(unit["answers"] for unit in units), 1),
        "detractors_a_week": round(sum(unit["detractors_a_week"] for unit in units), 2),
        "units": units[:MOST_UNITS], "number_of_units": len(units), "precise": _precise(units),
        "times": _times(rows(_TIMES), seen),
    }  # fmt: skip


def _precise(units: list[dict[str, Any]]) -> int:
    return sum(unit["half_width"] <= MARGIN for unit in units)


def _windows(arm: Arm, program: int, counted: dict[str, int]) -> dict[str, int]:
    """Occasions by the window they fell into, in words: each version may have rules of its own."""
    version = next((version for version in arm.versions if version.program_id == program), None)
    return windows_in_words(version, counted) if version else {}


def _unit(row: tuple[Any, ...], weeks: float) -> dict[str, Any]:
    pk, name, occasions, asked, answers, detractors, rate, known = row
    return {
        "id": pk, "name": name, "occasions": occasions, "asked": asked, "answers": answers, "rate": rate,
        "known_from": known, "half_width": round(100 * half_width(answers), 1),
        "detractors_a_week": round(detractors / weeks, 2),
    }  # fmt: skip


def _times(rows: list[tuple[int, int]], seen: int) -> dict[str, int]:
    """Persons by how often they were asked, by any program: "0", "1" ... "5" (or more)."""
    asked = {str(times): n for times, n in rows}
    return {"0": max(0, seen - sum(asked.values())), **asked}


def _really(values: dict[str, Any], seen: int) -> dict[str, Any]:
    reasons = dict(fetch(_REALLY, values))
    invited, answers, detractors = fetch(_REALLY_ANSWERED, values)[0]
    times = fetch(_TIMES.format(ledger="surveys_contactledger"), values)
    return {
        "occasions": sum(reasons.values()), "asked": invited, "answers": answers, "detractors": detractors,
        "reasons": reasons, "times": _times(times, seen),
    }  # fmt: skip
