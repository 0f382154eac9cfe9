"""The fast lane of interactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from crm.models import Customer, Employee, Feed, InteractionKind
from crm.services.ingesting_interactions import HOW
from crm.services.loading.fast.cells import attribute_is_fine, attribute_value, json_object, quoted
from crm.services.loading.fast.lane import Judgement, Lane

COLUMNS = {
    "kind_id": "bigint",
    "customer_id": "bigint",
    "unit_id": "bigint",
    "employee_id": "bigint",
    "product": "text",
    "channel": "text",
    "occurred_at": "timestamptz",
    "as_of": "timestamptz",
    "attributes": "jsonb",
}


_TABLES = {"unit": "orgunit", "employee": "employee", "customer": "customer"}


class InteractionLane(Lane):
    how = HOW
    returning = ("id", "external_id", "occurred_at")

    def columns(self) -> dict[str, str]:
        return COLUMNS

    def moments(self) -> dict[str, str]:
        return {
            "occurred_at": self.cells.instant("occurred_at"),
            "as_of": self.cells.instant("as_of", self.now()),
        }

    def judge(self) -> Judgement:
        cells, schemas = self.cells, self._schemas()
        joins = [f"LEFT JOIN crm_interactionkind kind ON kind.code = {cells['kind']}"]
        joins += [self.join(name, f"crm_{table}") for name, table in _TABLES.items()]
        checks = [
            "kind.id IS NOT NULL AND unit.id IS NOT NULL AND customer.id IS NOT NULL AND customer.erased_at IS NULL",
            f"(employee.id IS NOT NULL OR {cells['employee']} = '')",
            self.not_ahead("r.occurred_at"),
            self.not_ahead("r.as_of"),
            cells.fits("product", 80),
            cells.fits("channel", 40),
            self._by_kind({code: self._keeps_to(schema) for code, schema in schemas.items()}, "false"),
        ]
        means = {name: name for name in COLUMNS} | {
            "product": cells["product"],
            "channel": cells["channel"],
            "attributes": self._by_kind({code: self._object(schema) for code, schema in schemas.items()}, "NULL"),
        }
        return Judgement(joins, {f"{name}_id": f"{name}.id" for name in ("kind", *_TABLES)}, checks, means)

    def _schemas(self) -> dict[str, dict[str, Any]]:
        """Of the kinds that the stretch has."""
        codes = [code for (code,) in self._run(f"SELECT DISTINCT {self.cells['kind']} FROM load_rows r")]
        return dict(InteractionKind.objects.filter(code__in=codes).values_list("code", "schema"))

    def _by_kind(self, cases: Mapping[str, str], otherwise: str) -> str:
        if not cases:
            return otherwise
        return (
            f"CASE {self.cells['kind']} "
            + " ".join(f"WHEN {quoted(code)} THEN {case}" for code, case in cases.items())
            + f" ELSE {otherwise} END"
        )

    def _keeps_to(self, schema: Mapping[str, Mapping[str, Any]]) -> str:
        checks = []
        for name in self.cells.named("attributes."):
            cell, rule = self.cells[f"attributes.{name}"], schema.get(name)
            required = bool(rule and rule.get("required"))
            checks.append(attribute_is_fine(cell, rule["type"], required=required) if rule else f"{cell} = ''")
        missing = [
            name for name, rule in schema.items() if rule.get("required") and f"attributes.{name}" not in self.cells
        ]
        return " AND ".join(["false"] if missing else checks) or "true"

    def _object(self, schema: Mapping[str, Mapping[str, Any]]) -> str:
        """The attributes as JSON; those without a cell left out."""
        named = [name for name in self.cells.named("attributes.") if name in schema]
        values = {name: attribute_value(self.cells[f"attributes.{name}"], schema[name]["type"]) for name in named}
        return f"CASE WHEN fine THEN {json_object(values)} END"

    def sights(self) -> Mapping[str, QuerySet[Any]]:
        return {
            "unit_id": self.intake.units(),
            "customer_id": self.intake.in_sight(Customer.objects.all()),
            "employee_id": self.intake.employees(Employee.objects.all()),
        }

    def belongings(self) -> None:
        """Nothing belongs to an interaction."""

    def late(self) -> str:
        since = self.intake.at - Feed.objects.late_after(source=self.intake.source, kind="interactions")
        return f"count(*) FILTER (WHERE occurred_at < {quoted(since.isoformat())}::timestamptz)"
