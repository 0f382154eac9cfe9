"""The Texas Department of Insurance's complaints 2012 to 2021 (../shared/data/insurance_complaints_tdi), by mapping.

The file is loaded as it is, four times: for its companies, its customers, what happened and the cases that came of it.
It has a line for each company that a complaint was filed against: 5,772 lines, 5,769 complaint numbers. Three numbers
stand there twice, and their lines differ in the company and, for two of them, in reasons, resolutions or role: of two
lines known on the same day the one further down stays, and the load says so. The mapping tells how the dates are
written (7/23/2012); the file knows days only, so the moment of the interaction is noon in Texas of the day on which the
complaint was received.
Nobody is named in it: each complaint has a customer of its own, of whom only person or organization is known.

`joined` unites the lines of a number: lists (reasons, resolutions, companies, others involved, keywords) in the order
in which they stand, everything else as in the first line. It shows what a correction by a second file looks like.
"""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from crm.services.loading.readings import Said

SOURCE = "tdi"
FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "insurance_complaints_tdi"
NAME = "complaints_2012_2021_shared.csv"
NUMBER, COMPANY, COMPANY_ID = "Complaint number", "Complaint filed against", "Respondent ID"
REASONS, RESOLUTIONS = "Reason complaint filed", "How resolved"
LISTS = (COMPANY, REASONS, RESOLUTIONS, "Others involved", "Keywords")
SCHEMA = {
    "closed_on": {"type": "date", "label": "Closed"},
    "reasons": {"type": "strings", "label": "Reasons"},
    "resolutions": {"type": "strings", "label": "How resolved"},
    "companies": {"type": "strings", "label": "Filed against"},
    "others": {"type": "strings", "label": "Others involved"},
    "keywords": {"type": "strings", "label": "Keywords"},
    "confirmed": {"type": "boolean", "label": "Confirmed"},
    "filed_by": {"type": "string", "label": "Filed by"},
    "coverage": {"type": "string", "label": "Coverage"},
    "coverage_level": {"type": "string", "label": "Coverage level"},
}
FORM = "M/D/YYYY"
RECEIVED, CLOSED = ({"column": f"{what} date", "format": FORM} for what in ("Received", "Closed"))
COLUMNS: dict[str, Said] = {  # our field -> column of the file
    "external_id": NUMBER, "kind": "=complaint", "customer": NUMBER, "unit": COMPANY_ID, "channel": "=regulator",
    "product": "Complaint type", "occurred_at": RECEIVED, "as_of": CLOSED,
    "attributes.closed_on": CLOSED, "attributes.reasons": REASONS, "attributes.resolutions": RESOLUTIONS,
    "attributes.companies": COMPANY, "attributes.others": "Others involved", "attributes.keywords": "Keywords",
    "attributes.confirmed": "Confirmed complaint", "attributes.filed_by": "Complaint filed by",
    "attributes.coverage": "Coverage type", "attributes.coverage_level": "Coverage level",
}  # fmt: skip
CUSTOMERS: dict[str, Said] = {
    "external_id": NUMBER, "segment": "Complainant type", "unit": COMPANY_ID, "as_of": RECEIVED,
}  # fmt: skip
CASES: dict[str, Said] = {  # the same lines as cases that the department has closed
    "external_id": NUMBER, "opened_at": RECEIVED, "closed_at": CLOSED, "unit": COMPANY_ID, "policy": "=standard",
    "customer": NUMBER, "interaction": NUMBER, "reasons": REASONS, "done": RESOLUTIONS, "words": "Keywords",
    "attributes.confirmed": "Confirmed complaint", "attributes.filed_by": "Complaint filed by",
}  # fmt: skip
UNITS: dict[str, Said] = {"external_id": COMPANY_ID, "name": COMPANY, "kind": "=team", "zone": "=America/Chicago"}


def lines() -> list[dict[str, str]]:
    """The file as it is."""
    with (FILE / NAME).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def standing(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """The line of each complaint number that stays: the last one. (Lines of one number were closed on one day.)"""
    return list({row[NUMBER]: row for row in rows}.values())


def copied(folder: Path) -> Path:
    """The file as it is, where a reject file may be written beside it."""
    return Path(shutil.copy(FILE / NAME, folder))


def parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def joined(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """One row for each complaint number that stands there more than once."""
    by_number: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        by_number[row[NUMBER]].append(row)
    return [_one(same) for same in by_number.values() if len(same) > 1]


def _one(same: list[dict[str, str]]) -> dict[str, str]:
    lists = {name: "; ".join(dict.fromkeys(part for row in same for part in parts(row[name]))) for name in LISTS}
    return {**same[0], **lists}


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
