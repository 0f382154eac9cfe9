"""The landing tables: a table a kind, its columns being the columns of files of that kind with _ in place of a point.

A new kind gets a class in `crm/models/landing.py`, an entry here, its table in a migration (as `landing_tables` of the
first one) and its lines in docs/landing.md; tests hold the four against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm.models import landing as rows

KEPT = ("id", "source", "landed_at", "taken_at", "load_id", "error")  # our side of every table


@dataclass(frozen=True)
class LandingTable:
    """`columns`: {column: type}; `fields`: {column: field of the kind} where the two differ; `several`: {list: its
    columns}, of which a row that fills none says nothing about the list."""

    kind: str
    model: type[rows.LandingRow]
    columns: Mapping[str, str]
    fields: Mapping[str, str] = field(default_factory=dict)
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """As SQL names it."""
        return f"landing.{self.kind}"

    def field_of(self, column: str) -> str:
        return self.fields.get(column, column)

    def column_of(self, field: str) -> str:
        """The column that fills a field of the kind; the field itself where several do, or none."""
        return {field: column for column, field in self.fields.items()}.get(field, field)


def _sources(*names: str) -> dict[str, str]:
    return {f"{name}_source": f"{name}.source" for name in names}


CONSENTS = ("consent_email_survey", "consent_sms_survey", "consent_phone_survey", "consent_phone_callback")
MOMENT, DAY, YES_NO, TEXT, AMOUNT, OBJECT = "timestamptz", "date", "boolean", "text", "numeric", "jsonb"
TABLES: dict[str, LandingTable] = {
    table.kind: table
    for table in (
        LandingTable(
            "units", rows.LandingUnit,
            {
                "external_id": TEXT, "name": TEXT, "kind": TEXT, "zone": TEXT, "calendar": TEXT, "opened_on": DAY,
                "closed_on": DAY, "parent": TEXT, "parent_source": TEXT, "since": DAY,
            },
            _sources("parent"),
        ),
        LandingTable(
            "employees", rows.LandingEmployee,
            {
                "external_id": TEXT, "name": TEXT, "email": TEXT, "left_on": DAY, "unit": TEXT, "unit_source": TEXT,
                "role": TEXT, "since": DAY,
            },
            _sources("unit"),
        ),
        LandingTable(
            "customers", rows.LandingCustomer,
            {
                "external_id": TEXT, "given_name": TEXT, "family_name": TEXT, "language": TEXT, "zone": TEXT,
                "segment": TEXT, "unit": TEXT, "unit_source": TEXT, "attributes": OBJECT, "as_of": MOMENT,
                "email": TEXT, "sms": TEXT, "phone": TEXT, "preferred": TEXT,
                **dict.fromkeys(CONSENTS, YES_NO), "consent_at": MOMENT, "consent_evidence": TEXT,
            },
            _sources("unit") | {name: name.replace("_", ".") for name in CONSENTS},
            {"contact_points": ("email", "sms", "phone")},
        ),
        LandingTable(
            "interactions", rows.LandingInteraction,
            {
                "external_id": TEXT, "kind": TEXT, "customer": TEXT, "customer_source": TEXT, "unit": TEXT,
                "unit_source": TEXT, "employee": TEXT, "employee_source": TEXT, "product": TEXT, "channel": TEXT,
                "occurred_at": MOMENT, "as_of": MOMENT, "attributes": OBJECT,
            },
            _sources("customer", "unit", "employee"),
        ),
        LandingTable(
            "financials", rows.LandingFinancial,
            {
                "customer": TEXT, "customer_source": TEXT, "account": TEXT, "product": TEXT, "period": TEXT,
                "currency": TEXT, "revenue": AMOUNT, "margin": AMOUNT, "balance": AMOUNT, "share_of_wallet": AMOUNT,
                "as_of": MOMENT,
            },
            _sources("customer"),
        ),
    )
}  # fmt: skip
