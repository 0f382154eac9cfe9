"""Before a run decides: which program each person is kept for whom several want. docs/algorithms/allocating.md."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from surveys.allocating import LIKELY, starves
from surveys.models import Program, ProgramVersion
from surveys.precision import answers_for
from surveys.services.occasions.coming_round import rounds_between
from surveys.services.triggering import allocating_sql as sql
from surveys.services.triggering.drawing_sql import STANDING_WITH_ANSWERS
from surveys.services.triggering.judging import judge, values_of
from surveys.services.triggering.tables import Tables, execute, fetch
from surveys.waves import EARLY

LONGEST = timedelta(days=30)  # a person is kept for a turn that comes within the program's quarantine, at most so long
HISTORY = timedelta(days=28)
DRAFT = "trigger_draft"
# where a window ends or an occasion is too old, as of the day when a turn is due and not as of now
_WHEN_DUE = {
    "oldest": "(due_at - %(max_age)s::interval)",
    "quarantine": "(due_at - %(any_window)s::interval)",
    "program_quarantine": "(due_at - %(own_window)s::interval)",
}


def keep_persons(
    versions: list[ProgramVersion],
    in_force: list[ProgramVersion],
    *,
    at: datetime,
    tables: Tables,
    history: str = sql.HISTORY,
) -> None:
    """Fill `trigger_kept` for a run in which `versions` decide about what is in `trigger_claim`; other programs have
    no claim to the persons in it. `in_force`: all versions, in the order of the programs, some of whose turns are still
    to come. `history`: SQL that says what each program got."""
    later = [v for v in in_force if not v.decides_about_interactions]
    if len({v.program_id for v in [*versions, *later]}) < 2:
        return
    execute(sql.ROOM)
    places = {v.program_id: place for place, v in enumerate(in_force)}
    for version in versions:
        values = values_of(version, at=at, run_id=0)
        if judge(version, values, tables, into=DRAFT).get("asked"):
            execute(sql.WANTED_NOW, {**values, "place": places.get(version.program_id, 0)})
    for version in later:
        _wish_later(version, at, tables, places[version.program_id])
    contested = {row[0] for row in fetch(sql.CONTESTED)}
    if contested:
        execute(sql.ONLY_CONTESTED)
        _weigh([v for v in in_force if v.program_id in contested], at, tables, history)
        execute(sql.KEEP, {"likely": LIKELY})


def _wish_later(version: ProgramVersion, at: datetime, tables: Tables, place: int) -> None:
    """The turns of a program that are to come, of persons whom another wants now; those that it could ask by what is
    known today, each judged by its windows as of the moment when it is due."""
    windows = {
        "any_window": timedelta(days=version.quarantine_days),
        "own_window": timedelta(days=version.program_quarantine_days),
        "max_age": timedelta(days=version.max_age_days),
    }
    until = at + min(windows["any_window"], LONGEST)
    values: dict[str, Any] = values_of(version, at=at, run_id=0) | {**windows, "until": until, "place": place}
    execute("ANALYZE trigger_wish")
    found = execute(sql.LATER.format(turns=tables.turns), values)
    if version.program.kind == Program.Kind.RELATIONSHIP and version.wave_months:
        tomorrow = at.astimezone(UTC).date() + timedelta(days=1)
        values |= rounds_between(version, tomorrow, until.astimezone(UTC).date())
        values |= {"months": version.wave_months, "early": EARLY}
        found += execute(sql.COMES_ROUND.format(turns=tables.turns, ledger=tables.ledger), values)
    if found:
        execute(sql.INSTEAD)
        judge(version, values, tables, into=DRAFT, of_each=_WHEN_DUE | _cuts(version))
        execute(sql.WANTED_LATER, values)
        execute(sql.BACK)
    else:
        execute("DROP TABLE trigger_later")


def _cuts(version: ProgramVersion) -> dict[str, str]:
    """Of the contact rules, as `windows_sql` names them."""
    return {f"cut_{n}": f"(due_at - %(days_{n})s::interval)" for n in range(len(version.contact_rules))}


def _weigh(versions: list[ProgramVersion], at: datetime, tables: Tables, history: str) -> None:
    """What a question is worth to each of the programs in the units concerned."""
    got = {pk: (asked, asked + lost) for pk, asked, lost in fetch(history, {"since": at - HISTORY})}
    for version in versions:
        others = [got.get(v.program_id, (0, 0)) for v in versions if v is not version]
        hungry = starves(*got.get(version.program_id, (0, 0)), sum(g for g, _ in others), sum(w for _, w in others))
        values: dict[str, Any] = values_of(version, at=at, run_id=0) | {
            "wanted": version.target or answers_for(), "priority": version.priority, "starves": hungry,
            "asks": 1 if version.target else version.sampling_rate,  # of those who come; a target may have it ask all
        }  # fmt: skip
        execute(STANDING_WITH_ANSWERS.format(units=sql.UNITS_WISHED, **asdict(tables)), values)
        execute(sql.WORTH, values)
