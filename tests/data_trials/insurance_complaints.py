"""The Texas Department of Insurance's complaints 2012 to 2021 (../shared/data/insurance_complaints_tdi), made ready.

The file has a line for each company that a complaint was filed against: 5,772 lines, 5,769 complaint numbers. Three
numbers stand there twice, and their lines differ in the company and, for two of them, in reasons, resolutions or
role. A complaint is one thing that happened to one person, so the lines of a number are joined: lists (reasons,
resolutions, companies, others involved, keywords) are united in the order in which they stand, everything else is as in
the first line, and the complaint belongs to the unit of the company named first. Dates 7/23/2012 become 2012-07-23, and
the moment of the interaction is noon UTC of the day on which the complaint was received: the file knows days only.
Nobody is named in it: each complaint has a customer of its own, of whom only person or organization is known.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

SOURCE = "tdi"
FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "insurance_complaints_tdi"
NAME = "complaints_2012_2021_shared.csv"
NUMBER, COMPANY, COMPANY_ID = "Complaint number", "Complaint filed against", "Respondent ID"
REASONS, RESOLUTIONS = "Reason complaint filed", "How resolved"
LISTS = (COMPANY, REASONS, RESOLUTIONS, "Others involved", "Keywords")
SCHEMA = {
    "closed_on": {"type": "date", "label": "Closed"},
    "days_open": {"type": "integer", "label": "Days from received to closed"},
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
COLUMNS = {  # our field -> column of the joined file
    "external_id": NUMBER, "kind": "=complaint", "customer": NUMBER, "unit": COMPANY_ID, "channel": "=regulator",
    "product": "Complaint type", "occurred_at": "Received at", "as_of": "Closed at",
    "attributes.closed_on": "Closed on",
    "attributes.days_open": "Days open", "attributes.reasons": REASONS, "attributes.resolutions": RESOLUTIONS,
    "attributes.companies": COMPANY, "attributes.others": "Others involved", "attributes.keywords": "Keywords",
    "attributes.confirmed": "Confirmed complaint", "attributes.filed_by": "Complaint filed by",
    "attributes.coverage": "Coverage type", "attributes.coverage_level": "Coverage level",
}  # fmt: skip
CUSTOMERS = {"external_id": NUMBER, "segment": "Complainant type", "unit": COMPANY_ID, "as_of": "Received at"}
UNITS = {"external_id": COMPANY_ID, "name": COMPANY, "kind": "=team", "zone": "=America/Chicago"}


def lines() -> list[dict[str, str]]:
    """The file as it is."""
    with (FILE / NAME).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def joined(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """One row a complaint number."""
    by_number: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        by_number[row[NUMBER]].append(row)
    return [_one(same) for same in by_number.values()]


def _one(same: list[dict[str, str]]) -> dict[str, str]:
    lists = {name: "; ".join(dict.fromkeys(part for row in same for part in parts(row[name]))) for name in LISTS}
    received, closed = (
        datetime.strptime(same[0][name], "%m/%d/%Y").date() for name in ("Received date", "Closed date")
    )
    return {
        **same[0], **lists, "Received at": f"{received}T12:00:00+00:00", "Closed at": f"{closed}T12:00:00+00:00",
        "Closed on": str(closed), "Days open": str((closed - received).days),
        "Confirmed complaint": {"Yes": "true", "No": "false"}[same[0]["Confirmed complaint"]],
    }  # fmt: skip


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def companies(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """One row a company, under its number."""
    named = {row[COMPANY_ID]: row[COMPANY] for row in rows}
    return [{COMPANY_ID: number, COMPANY: name} for number, name in named.items()]
