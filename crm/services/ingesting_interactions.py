"""Interactions coming in; see `ingesting.py`."""

from __future__ import annotations

from crm.attributes import check_values
from crm.models import Customer, Employee, Interaction, InteractionKind
from crm.services.arriving import Arrival, Intake, existing, link, write
from crm.services.upserting import Upsert

HOW = Upsert(
    Interaction,
    content=("kind_id", "customer_id", "unit_id", "employee_id", "product", "channel", "occurred_at", "attributes"),
    once=("received_at",),
    also=("load_id",),
    guard="as_of",
)


def store(arrivals: list[Arrival], intake: Intake) -> None:
    """Check kinds, attributes and references of all arrivals, then write the good ones in one statement."""
    _check_kinds(arrivals)
    link(arrivals, "unit", intake.units(), intake)
    link(arrivals, "customer", intake.in_sight(Customer.objects.filter(erased_at=None)), intake)
    link(arrivals, "employee", intake.employees(Employee.objects.all()), intake)
    before = existing(Interaction, arrivals, intake, intake.in_sight)
    ready = [arrival for arrival in arrivals if arrival.open]
    for arrival in ready:
        arrival.row |= _row(arrival, intake)
    write(HOW, ready, intake, before=before, mine=intake.in_sight)


def _check_kinds(arrivals: list[Arrival]) -> None:
    legible = [arrival for arrival in arrivals if arrival.legible]
    codes = {arrival.values["kind"] for arrival in legible}
    kinds = {kind.code: kind for kind in InteractionKind.objects.filter(code__in=codes)}
    for arrival in legible:
        kind = kinds.get(arrival.values["kind"])
        if kind is None:
            arrival.refuse("kind", f"Unknown kind of interaction {arrival.values['kind']!r}.", "unknown")
            continue
        arrival.row["kind_id"] = kind.pk
        for name, problem in check_values(kind.schema, arrival.values["attributes"]).items():
            arrival.refuse(f"attributes.{name}", f"{problem[0].upper()}{problem[1:]}.")


def _row(arrival: Arrival, intake: Intake) -> dict[str, object]:
    values = arrival.values
    return {
        "source": intake.source,
        "received_at": intake.at,
        "load_id": intake.load.pk if intake.load else None,
        "attributes": {name: value for name, value in values["attributes"].items() if value is not None},
        **{name: values[name] for name in ("external_id", "product", "channel", "occurred_at", "as_of")},
    }
