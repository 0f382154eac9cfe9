"""Files of financial records, held against their control totals before anything of them stays.

The totals are declared on the command line or in FILE.control.json beside the file; the file is one transaction. While
it is read, what came is added up by the row as it was written, refused rows included. In the end a total that differs,
a refused row or a record that stands there twice undoes all of it: what is stored would not be what was declared.
Whoever knows of the refused rows may let them be refused (`--allow-rejects`); the totals still have to agree with the
whole file.
"""

from __future__ import annotations

import argparse
import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection

from common.claims import whole
from common.csv_files import Unreadable
from common.models import Load
from common.text import number_of
from crm.controls import HOW, Totals, differences, read_totals
from crm.controls import Unreadable as NoTotals
from crm.services.arriving import Arrival, Intake
from crm.services.loading import Refused
from crm.services.money.recording import work_of
from crm.services.money.requiring import WANTED, refuse_uncontrolled, totals_wanted
from crm.services.taking_in import ListKind

CAME = "came"  # among the options of the load: what the rows read so far add up to
MOST = 1 << 16  # bytes of a control file
_KEYS = "CREATE TEMP TABLE IF NOT EXISTS financial_load_keys (load bigint, key text) ON COMMIT DROP"


@dataclass(frozen=True)
class ControlledRows(ListKind):
    """Rows of a file that add themselves up in their load. The file is one transaction: whoever posts records of its
    source meanwhile is told to come again. Rows that landed have no totals, and are refused where those are wanted."""

    def take(self, items: Sequence[Any], intake: Intake) -> list[Arrival]:
        if intake.load:
            whole(work_of(intake.source))
            if _lacks_totals(intake.load):
                return ListKind(self.name, self.shape, refuse_uncontrolled).take(items, intake)
        arrivals = super().take(items, intake)
        if intake.load and control_of(intake.load):
            _add_up(items, intake.load)
            _note_keys(intake.load, [arrival.external_id for arrival in arrivals if not arrival.errors])
        return arrivals


def control_of(load: Load) -> Mapping[str, Any]:
    """The totals that were declared, as they were written; empty if none were."""
    found: Mapping[str, Any] = load.options.get("given", {}).get("control") or {}
    return found


def _lacks_totals(load: Load) -> bool:
    """A dry run may do without: nothing of it is stored."""
    return not control_of(load) and not load.dry_run and totals_wanted(load.source)


def settle(load: Load) -> None:
    """Refused unless all of a controlled file agrees with what was declared, or if nothing was where it has to be."""
    if _lacks_totals(load):
        raise Refused(f"{WANTED} Say --control, or put FILE.control.json beside it.")
    if not control_of(load):
        return
    try:
        told = differences(read_totals(control_of(load)), _came(load))
    except NoTotals as error:
        raise Refused(str(error)) from error
    if told:
        raise Refused(" ".join(f"{what}: {words}" for what, words in told.items()))
    refused = load.counts.get("rejected", 0)
    if refused and not load.options["given"].get("allow_rejects"):
        raise Refused(
            f"The totals agree, but {number_of(refused, 'row')} {'was' if refused == 1 else 'were'} refused: "
            "less would be stored than was declared, so nothing was. See the reject file; allow rejects to have the "
            "others loaded."
        )
    if twice := _twice(load):
        raise Refused(f"These records stand in the file twice: {', '.join(twice)}. Nothing was stored.")


def _add_up(items: Sequence[Any], load: Load) -> None:
    totals = _came(load)
    for item in items:
        totals.add(item)
    load.options = {
        **load.options,
        CAME: {f"{what}:{currency}": str(value) for (what, currency), value in totals.sums.items()},
    }


def _came(load: Load) -> Totals:
    """What came so far. Rows are counted by the load, those that no shape could read among them."""
    sums = {}
    for place, value in load.options.get(CAME, {}).items():
        what, _, currency = place.partition(":")
        sums[what, currency] = Decimal(value)
    return Totals(rows=load.counts.get("received", 0), sums=sums)


def _note_keys(load: Load, keys: list[str | None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_KEYS)
        cursor.execute("INSERT INTO financial_load_keys SELECT %s, unnest(%s::text[])", [load.pk, keys])


_TWICE = """
SELECT key FROM financial_load_keys WHERE load = %s GROUP BY key HAVING count(*) > 1 ORDER BY key LIMIT 5
"""


def _twice(load: Load) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_KEYS)
        cursor.execute(_TWICE, [load.pk])
        return [key for (key,) in cursor.fetchall()]


# --- the command -----------------------------------------------------------------------------------------------------


def total(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r}: {HOW}")
    return name.strip(), value.strip()


LABELS = {"control": "Control totals", "allow_rejects": "Load the others if rows are refused"}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--control", action="append", default=[], type=total, metavar="WHAT=TOTAL",
        help="rows=1200, revenue=123.45, margin:EUR=5.00: nothing is stored unless it agrees. Left out: what "
        "FILE.control.json beside the file says, if there is one.",
    )  # fmt: skip
    parser.add_argument(
        "--allow-rejects", action="store_true", help="With control totals: load the others if rows are refused."
    )


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the load needs to know. Unreadable if the control file cannot be read."""
    control = dict(options["control"]) or _beside(options["file"])
    return {"control": control, "allow_rejects": options["allow_rejects"]}


def control_file_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.control.json")


def _beside(path: Path) -> dict[str, Any]:
    """Nothing where there is no file yet: a form asks only whether its answers can be read."""
    place = control_file_of(path) if path.name else path
    if not place.is_file():
        return {}
    try:
        found = json.loads(place.read_bytes()[:MOST], parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{place.name} is not JSON: {error}") from error
    if not isinstance(found, dict) or not found:
        raise Unreadable(f'{place.name}: expected an object such as {{"rows": 1200, "revenue:EUR": "123.45"}}.')
    return {str(what): str(value) for what, value in found.items()}
