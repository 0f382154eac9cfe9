"""Files of rows, and what is left of them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.db import connection

from common.models import Load
from crm.services.loading import load_file
from tests.world import NOW

TABLES = {  # what a load leaves, without the numbers that each run hands out anew
    "customers": """SELECT c.source, c.external_id, given_name, family_name, language, c.zone, segment,
        u.external_id AS unit, attributes, as_of, erased_at
        FROM crm_customer c LEFT JOIN crm_orgunit u ON u.id = c.unit_id""",
    "contact_points": """SELECT c.external_id, channel, address, normalized, address_hash, preferred, unusable_since,
        unusable_why, entered_at FROM crm_contactpoint p JOIN crm_customer c ON c.id = p.customer_id""",
    "consents": """SELECT c.external_id, channel, purpose, granted, at, evidence
        FROM crm_consent s JOIN crm_customer c ON c.id = s.customer_id""",
    "words": """SELECT c.external_id, channel, purpose, granted, at, evidence, recorded_at, origin, s.source, wording,
        taken_by FROM crm_consentword s JOIN crm_customer c ON c.id = s.customer_id""",
    "interactions": """SELECT i.source, i.external_id, k.code, c.external_id AS customer, u.external_id AS unit,
        e.external_id AS employee, product, channel, occurred_at, received_at, i.as_of, i.attributes,
        i.load_id IS NULL AS alone, triggered_at FROM crm_interaction i
        JOIN crm_interactionkind k ON k.id = kind_id JOIN crm_customer c ON c.id = customer_id
        JOIN crm_orgunit u ON u.id = i.unit_id LEFT JOIN crm_employee e ON e.id = employee_id""",
}


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def load(path: Path, kind: str = "customers", **more: Any) -> Load:
    return load_file(**{"kind": kind, "path": path, "source": "crm", "columns": None, "at": NOW, **more})


def sums(load: Load) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: number for name, number in load.counts.items() if number}


def rejects(path: Path, kind: str = "*", *, dry_run: bool = False) -> list[list[str]]:
    """Rows of the reject file, without its header; none where there is no file."""
    ending = ".dry-run.reject.csv" if dry_run else ".reject.csv"
    found = path.parent.glob(f"{path.name}.{kind}{ending}")
    places = [place for place in found if (".dry-run." in place.name) is dry_run]
    if not places:
        return []
    [place] = places
    with place.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def tables() -> dict[str, list[str]]:
    """All rows of what a load may touch, in an order of their own."""
    found = {}
    with connection.cursor() as cursor:
        for name, rows in TABLES.items():
            cursor.execute(f"SELECT row_to_json(row)::text FROM ({rows}) row ORDER BY 1")
            found[name] = [row for (row,) in cursor.fetchall()]
    return found
