"""What became of offers in an interaction, and what was learned there; told twice it is known once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.errors import describe
from common.models import Event
from crm.addresses import normalize
from crm.models import Employee, Interaction, LearnedDetail, MissingDetail, Offer, OfferOutcome, ProfileDetail
from crm.models.details import ADDRESSES
from crm.offer_shapes import LearnedShape, OutcomeShape
from crm.services.arriving import AHEAD, Arrival, Intake, ItemResult, link, results
from crm.services.upserting import CREATED, STALE, UNCHANGED, UPDATED
from crm.sight import Principal

Items = Sequence[Any]


@transaction.atomic
def record_outcomes(
    *, interaction: Interaction, items: Items, source: str, at: datetime, principal: Principal = None
) -> list[ItemResult]:
    """Outcomes of offers (`OutcomeShape`), one for each offer in the interaction: of several the latest stays. An offer
    made to somebody held out is recorded like any other: what happened, happened."""
    intake = Intake(source, at, principal)
    arrivals = [_check(item, OutcomeShape(), intake) for item in items]
    link(arrivals, "offer", Offer.objects.all(), intake)
    _link_employees(arrivals, interaction, intake)
    _lock(interaction)
    known = {row.offer_id: row for row in OfferOutcome.objects.filter(interaction=interaction)}
    for arrival in arrivals:
        if arrival.open:
            offer = arrival.row["offer_id"]
            said = {"outcome": arrival.values["outcome"], **_said(arrival)}
            row = known.setdefault(offer, OfferOutcome(**_of(interaction, intake), offer_id=offer))
            arrival.status = _tell(row, said)
            if arrival.status in {CREATED, UPDATED}:
                _event("offer.outcome_recorded", interaction, intake, offer=offer, outcome=said["outcome"])
    return results(arrivals)


@transaction.atomic
def record_learned(
    *, interaction: Interaction, items: Items, source: str, at: datetime, principal: Principal = None
) -> list[ItemResult]:
    """Details that the customer told us (`LearnedShape`); nobody is asked for them again."""
    intake = Intake(source, at, principal)
    arrivals = [_check(item, LearnedShape(), intake) for item in items]
    details = {row.code: row for row in ProfileDetail.objects.all()}
    for arrival in arrivals:
        if arrival.legible:
            _check_detail(arrival, details)
    _link_employees(arrivals, interaction, intake)
    _lock(interaction)
    known = {row.detail_id: row for row in LearnedDetail.objects.filter(interaction=interaction)}
    for arrival in arrivals:
        if arrival.open:
            detail = details[arrival.values["detail"]].pk
            row = known.setdefault(detail, LearnedDetail(**_of(interaction, intake), detail_id=detail))
            arrival.status = _tell(row, {"value": arrival.values["value"], **_said(arrival)})
            if arrival.status in {CREATED, UPDATED}:
                _event("customer.detail_learned", interaction, intake, detail=detail)
    learned = [row.detail_id for row in known.values()]
    MissingDetail.objects.filter(customer=interaction.customer_id, detail__in=learned).delete()
    return results(arrivals)


def _check(item: Any, checker: serializers.Serializer[Any], intake: Intake) -> Arrival:
    try:
        values = checker.run_validation(item)
    except ValidationError as error:
        return Arrival(None, {}, describe(error))
    values.setdefault("at", intake.at)
    arrival = Arrival(None, values)
    if values["at"] > intake.at + AHEAD:
        arrival.refuse("at", "This lies in the future.", "future")
    return arrival


def _check_detail(arrival: Arrival, details: Mapping[str, ProfileDetail]) -> None:
    """It is known, and what the record keeps as an address is one."""
    detail = details.get(arrival.values["detail"])
    if detail is None:
        arrival.refuse("detail", f"Unknown detail {arrival.values['detail']!r}.", "unknown")
    elif detail.place in ADDRESSES:
        try:
            normalize(detail.place, arrival.values["value"])
        except ValueError as error:
            arrival.refuse("value", str(error))


def _link_employees(arrivals: list[Arrival], interaction: Interaction, intake: Intake) -> None:
    """Who proposed it or learned it: whoever the sender says, else whoever served the customer."""
    link(arrivals, "employee", intake.employees(Employee.objects.all()), intake)
    for arrival in arrivals:
        if arrival.legible and not arrival.values.get("employee"):
            arrival.row["employee_id"] = interaction.employee_id


def _lock(interaction: Interaction) -> None:
    """Senders of the same interaction take turns."""
    list(Interaction.objects.filter(pk=interaction.pk).select_for_update(no_key=True).values_list("pk"))


def _of(interaction: Interaction, intake: Intake) -> dict[str, Any]:
    return {"interaction": interaction, "customer_id": interaction.customer_id, "source": intake.source}


def _said(arrival: Arrival) -> dict[str, Any]:
    return {"employee_id": arrival.row["employee_id"], "at": arrival.values["at"]}


def _tell(row: OfferOutcome | LearnedDetail, said: dict[str, Any]) -> str:
    """Store what was said unless something later is known. The same said later is no news, and yet moves `at`: what was
    said in between would otherwise overtake it."""
    new = row.pk is None
    if not new and row.at > said["at"]:
        return STALE
    same = not new and all(getattr(row, name) == value for name, value in said.items() if name != "at")
    if same and row.at == said["at"]:
        return UNCHANGED
    for name, value in said.items():
        setattr(row, name, value)
    row.save()
    return CREATED if new else UNCHANGED if same else UPDATED


def _event(what: str, interaction: Interaction, intake: Intake, **data: Any) -> None:
    Event.objects.record(what, subject=interaction, at=intake.at, customer=interaction.customer_id, **data)
