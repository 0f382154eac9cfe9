"""Financial records that must agree with what their sender declares: all of them come in, or none.

A list with control totals is one thing. If a total differs, or a row is refused, or one record stands in it twice, then
what would be stored is not what was declared, and nothing is. Rows that are known already change nothing in that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from common.api.errors import ApiError, wrong
from common.models import Event, Load
from crm.controls import Unreadable, differences, read_totals, received
from crm.services.arriving import Intake, ItemResult, open_load
from crm.services.money.ingesting import FINANCIALS
from crm.sight import Principal

MOST_ERRORS = 100


class DoesNotAgree(Exception):
    """Nothing was stored; `errors` say why."""

    def __init__(self, errors: list[ApiError]) -> None:
        self.errors = errors
        super().__init__("; ".join(error["message"] for error in errors[:3]))


def ingest_controlled(
    items: Sequence[Any], *, control: Mapping[str, Any], source: str, at: datetime, principal: Principal = None
) -> list[ItemResult]:
    """As `ingest_financials`, all or nothing. DoesNotAgree leaves a Load that says why, and no record."""
    intake = Intake(source, at, principal)
    try:
        check_totals(items, control)
        with transaction.atomic():
            outcome = FINANCIALS.ingest(items, intake)
            refuse_rejected(outcome)
    except DoesNotAgree as error:
        refused(len(items), error, intake)
        raise
    return outcome


def check_totals(items: Sequence[Any], control: Mapping[str, Any]) -> None:
    """DoesNotAgree if the declared totals cannot be read or differ from those of `items`."""
    try:
        told = differences(read_totals(control), received(items))
    except Unreadable as error:
        raise DoesNotAgree([wrong("control", str(error))]) from error
    if told:
        raise DoesNotAgree([wrong(f"control.{what}", words, "control_total") for what, words in told.items()])


def refuse_rejected(outcome: Sequence[ItemResult]) -> None:
    """DoesNotAgree if any item was rejected, or was there twice: then less is stored than was declared."""
    errors: list[ApiError] = []
    seen: set[str | None] = set()
    for number, result in enumerate(outcome):
        errors += [
            {**error, "field": f"items.{number}.{error['field']}".removesuffix(".None")} for error in result.errors
        ]
        if not result.errors and result.external_id in seen:
            errors.append(wrong(f"items.{number}", "This record stands in the list twice.", "twice"))
        seen.add(result.external_id)
    if errors:
        raise DoesNotAgree(errors[:MOST_ERRORS])


@transaction.atomic
def refused(number: int, error: DoesNotAgree, intake: Intake) -> Load:
    """What is left of a refused list: a Load with the reason."""
    load = open_load(FINANCIALS.name, number, intake)
    load.finished_at, load.failure = intake.at, str(error)[:2000]
    load.save(update_fields=["finished_at", "failure"])
    Event.objects.record("load.refused", subject=load, at=intake.at, kind=load.kind, received=number)
    return load
