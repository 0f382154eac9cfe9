"""Answers in numbers: what a score is computed from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from crm.models import Customer, OrgUnit
from surveys.models import Decision, Invitation, Program, ProgramVersion, Reason, Response, TriggerRun
from surveys.partitions import ensure_partitions
from surveys.scoring import category

NOON = time(12, tzinfo=UTC)
_number = count(1)


def program(code: str = "branch-visits", **fields: Any) -> Program:
    return Program.objects.get_or_create(code=code, defaults={"name": code.replace("-", " ").capitalize(), **fields})[0]


def version(of: Program) -> ProgramVersion:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    defaults = {"seed": "s", "created_at": at, "published_at": at}
    return ProgramVersion.objects.get_or_create(program=of, number=1, defaults=defaults)[0]


def answers(
    *, unit: OrgUnit, scores: Iterable[int | None], on: date, of: Program | None = None, **fields: Any
) -> list[Response]:
    """Answers collected elsewhere (source "file"), given at noon UTC of the day `on`, not yet folded."""
    at = datetime.combine(on, NOON)
    rows = [
        Response(
            **{
                "source": "file", "external_id": f"a-{next(_number)}", "program": of or program(), "unit": unit,
                "channel": "email", "score": score, "category": category(score) or "", "answered_at": at,
                "updated_at": at, **fields,
            }
        )
        for score in scores
    ]  # fmt: skip
    return Response.objects.bulk_create(rows)


def invitations(
    *, unit: OrgUnit, customer: Customer, number: int, on: date, of: Program | None = None, **fields: Any
) -> list[Invitation]:
    """Invitations made at noon UTC of the day `on`; of no interaction, so that any number may stand there."""
    at, of = datetime.combine(on, NOON), of or program()
    rows = [
        Invitation(
            **{
                "program": of, "version": version(of), "customer": customer, "unit": unit, "channel": "email",
                "language": "en", "created_at": at, "expires_at": at + timedelta(days=30), **fields,
            }
        )
        for _ in range(number)
    ]  # fmt: skip
    return Invitation.objects.bulk_create(rows)


def answered(invitation: Invitation, score: int | None, **fields: Any) -> Response:
    """The answer to an invitation, an hour after it was made."""
    at = invitation.created_at + timedelta(hours=1)
    return Response.objects.create(
        **{
            "invitation": invitation, "program": invitation.program, "unit": invitation.unit, "channel": "email",
            "customer": invitation.customer, "score": score, "category": category(score) or "", "answered_at": at,
            "updated_at": at, **fields,
        }
    )  # fmt: skip


def decisions(
    *, unit: OrgUnit, customer: Customer, reasons: dict[Reason, int], on: date, of: Program | None = None
) -> None:
    """So many decisions by reason, about occasions of the day `on`."""
    of = of or program()
    run = TriggerRun.objects.create(at=datetime.combine(on, NOON))
    rows = [
        Decision(
            program=of, occasion=f"interaction:{next(_number)}", occasion_day=on, version=version(of), run=run,
            customer=customer, unit=unit, reason=reason, probability=Decimal(1), draw=Decimal(0),
            decided_at=datetime.combine(on, NOON),
        )
        for reason, number in reasons.items()
        for _ in range(number)
    ]  # fmt: skip
    ensure_partitions([on])
    Decision.objects.bulk_create(rows)
