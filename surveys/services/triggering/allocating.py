"""Before a run decides: in which units a program leaves the customers to others, and who is kept for whom by lot.
docs/algorithms/allocating.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from surveys.models import ProgramVersion
from surveys.precision import answers_for
from surveys.reserving import LEAST, Need, shares, stretches
from surveys.sampling import MET
from surveys.services.triggering import allocating_sql as sql
from surveys.services.triggering.judging import values_of
from surveys.services.triggering.rules import wanted_of
from surveys.services.triggering.tables import Tables, execute, fetch


def allocate(
    versions: Sequence[ProgramVersion], in_force: Sequence[ProgramVersion], *, at: datetime, tables: Tables
) -> None:
    """Fill `trigger_kept` and `trigger_lot` for a run in which `versions` decide about what is in `trigger_claim`.
    `in_force`: all versions that ask, in the order of the programs."""
    others = [v for v in in_force if v not in versions]
    if len(versions) + len(others) < 2:
        return
    execute(sql.SHARE_TABLE)
    places = {version: place for place, version in enumerate(in_force)}
    for version in [*versions, *others]:
        values = _values(version, at) | {"place": places.get(version, -1), "decides": version in versions}
        execute(_share(version, tables), values)
    execute(sql.KEEP)
    execute(sql.FLOW.format(units=sql.UNITS_CLAIMED, met=MET, **asdict(tables)), _values(versions[0], at))
    _reserve()


def _share(version: ProgramVersion, tables: Tables) -> str:
    counted = "n.answers" if wanted_of(version).quota_counts_answers else "n.invited"
    return sql.SHARE.format(units=sql.UNITS_CLAIMED, counted=counted, met=MET, **asdict(tables))


def _reserve() -> None:
    """The stretches of the units in which anybody is kept for anybody."""
    lots = [lot for _, rows in groupby(fetch(sql.NEEDS), key=lambda row: row[0]) for lot in _lots(list(rows))]
    if lots:
        execute(sql.LOTS, {name: [lot[name] for lot in lots] for name in lots[0]})
        execute(sql.RESERVE.format(binds=sql.BINDS), {"least": LEAST})


def _lots(rows: list[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """Of one unit; one for each program that lacks answers there, or none at all."""
    needs = [Need(*row[4:]) for row in rows]
    found = shares(needs)
    if not any(found):
        return
    for (unit, place, kind, waits, *_), need, share, (low, upto) in zip(
        rows, needs, found, stretches(found), strict=True
    ):
        yield {
            "unit": unit, "place": place, "program": need.program, "low": low, "upto": upto,
            "need": json.dumps(asdict(need) | {"share": share}), "kind": kind, "waits": waits,
        }  # fmt: skip


def _values(version: ProgramVersion, at: datetime) -> dict[str, Any]:
    return values_of(version, at=at, run_id=0) | {
        "wanted": version.target or answers_for(),
        "waits": waits_after(version),
        "adapts": version.target is not None,
    }


def waits_after(version: ProgramVersion) -> str:
    """After questions of which other programs `version` waits: of "any", of those of its "kind", or "" of none."""
    among = {rule["among"] for rule in version.contact_rules if rule["since"] != "bounced"}
    if version.quarantine_days or "any" in among:
        return "any"
    return "kind" if version.program_quarantine_days or "kind" in among else ""
