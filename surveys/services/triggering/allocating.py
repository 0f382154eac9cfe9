"""Before a run decides: in which units a program leaves the customers to others. docs/algorithms/allocating.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from surveys.models import ProgramVersion
from surveys.precision import answers_for
from surveys.services.triggering import allocating_sql as sql
from surveys.services.triggering.drawing_sql import IN_FRAME
from surveys.services.triggering.judging import values_of
from surveys.services.triggering.rules import wanted_of
from surveys.services.triggering.tables import Tables, execute, fetch


def allocate(
    versions: Sequence[ProgramVersion], in_force: Sequence[ProgramVersion], *, at: datetime, tables: Tables
) -> None:
    """Fill `trigger_kept` for a run in which `versions` decide about what is in `trigger_claim`. `in_force`: all
    versions that ask, in the order of the programs."""
    others = [v for v in in_force if v not in versions]
    if len(versions) + len(others) < 2:
        return
    execute(sql.SHARE_TABLE)
    places = {version: place for place, version in enumerate(in_force)}
    for version in versions:
        values = _values(version, at) | {"place": places.get(version, -1), "decides": True}
        execute(_share(version, sql.UNITS_CLAIMED, tables), values)
    [(somebody_has_enough,)] = fetch(sql.ENOUGH)
    if somebody_has_enough:
        for version in others:
            values = _values(version, at) | {"place": places[version], "decides": False}
            execute(_share(version, sql.UNITS_WITH_ENOUGH, tables), values)
        execute(sql.KEEP)


def _share(version: ProgramVersion, units: str, tables: Tables) -> str:
    counted = "n.answers" if wanted_of(version).quota_counts_answers else "n.invited"
    return sql.SHARE.format(units=units, counted=counted, in_frame=IN_FRAME, **asdict(tables))


def _values(version: ProgramVersion, at: datetime) -> dict[str, Any]:
    return values_of(version, at=at, run_id=0) | {
        "wanted": version.target or answers_for(),
        "waits": waits_after(version),
    }


def waits_after(version: ProgramVersion) -> str:
    """After questions of which other programs `version` waits: of "any", of those of its "kind", or "" of none."""
    among = {rule["among"] for rule in version.contact_rules if rule["since"] != "bounced"}
    if version.quarantine_days or "any" in among:
        return "any"
    return "kind" if version.program_quarantine_days or "kind" in among else ""
