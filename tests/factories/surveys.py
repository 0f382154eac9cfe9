"""Rows of surveys."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from common.models import User
from crm.models import Interaction
from surveys.models import (
    Approval,
    ContactLedger,
    Invitation,
    InvitationToken,
    Message,
    Program,
    ProgramVersion,
    Response,
    Turn,
)
from surveys.scoring import category
from tests.factories.crm import NOW

_number = count(1)


def program(**fields: Any) -> Program:
    number = next(_number)
    return Program.objects.create(
        **{"code": f"program-{number}", "name": f"Program {number}", "active": True, **fields}
    )


def version(*, program: Program | None = None, published: bool = True, **fields: Any) -> ProgramVersion:
    """A version in force (published) that asks everybody; of a new active program unless one is given."""
    of = program or globals()["program"]()
    number = of.versions.count() + 1
    return ProgramVersion.objects.create(
        **{
            "program": of, "number": number, "seed": "autumn", "reminder_days": [],
            "created_at": NOW - timedelta(days=60),
            "published_at": NOW - timedelta(days=60) if published else None, **fields,
        }
    )  # fmt: skip


def turn(*, program: Program, customer: Any, unit: Any, **fields: Any) -> Turn:
    """An occasion of the program's own that is due."""
    return Turn.objects.create(
        **{
            "program": program, "key": f"turn-{next(_number)}", "customer": customer, "unit": unit,
            "occurred_at": NOW, "due_at": NOW, "created_at": NOW, **fields,
        }
    )  # fmt: skip


def approval(version: ProgramVersion, *, granted: bool | None = True, **fields: Any) -> Approval:
    """A second person's word on what the version says; `granted=None`: it waits."""
    asks, decides = (User.objects.get_or_create(username=name)[0] for name in ("asks", "decides"))
    answered = {} if granted is None else {"decided_by": decides, "decided_at": NOW, "granted": granted}
    said = {"requested_by": asks, "requested_at": NOW, "fingerprint": version.fingerprint, **answered, **fields}
    return Approval.objects.create(version=version, **said)


def invitation(*, interaction: Interaction, version: ProgramVersion | None = None, **fields: Any) -> Invitation:
    """As the trigger would have made it, without decision, ledger row and message."""
    version = version or globals()["version"]()
    packet = {
        "customer": {"given_name": interaction.customer.given_name, "language": "en"},
        "interaction": {
            "kind": interaction.kind.code, "kind_name": interaction.kind.name,
            "occurred_at": interaction.occurred_at.isoformat(), "product": interaction.product,
            "channel": interaction.channel, "attributes": interaction.attributes,
        },
        "unit": {"name": interaction.unit.name},
        "employee": {"name": interaction.employee.name if interaction.employee else ""},
    }  # fmt: skip
    return Invitation.objects.create(
        **{
            "program": version.program, "version": version, "interaction": interaction,
            "customer": interaction.customer, "unit": interaction.unit, "employee": interaction.employee,
            "channel": "email", "language": "en",
            "packet": packet, "created_at": NOW, "expires_at": open_until(), **fields,
        }
    )  # fmt: skip


def open_until() -> datetime:
    """Thirty days on, by the clock that the cast lives by and by the one that pages look at."""
    return max(NOW, timezone.now()) + timedelta(days=30)


def token(invitation: Invitation, purpose: str = InvitationToken.Purpose.SURVEY) -> str:
    """A link's token, as a hand-off issues it."""
    return InvitationToken.issue(invitation, purpose, at=NOW)


def reservation(*, customer: Any, program: Program, at: datetime = NOW, **fields: Any) -> ContactLedger:
    return ContactLedger.objects.create(
        **{"customer": customer, "program": program, "program_kind": program.kind, "reserved_at": at, **fields}
    )


def message(*, invitation: Invitation, **fields: Any) -> Message:
    address = invitation.customer.contact_points.filter(channel="email").first()
    number = f"<ask.{invitation.public_id}@shopkeeper.localhost>"
    return Message.objects.create(
        **{
            "invitation": invitation, "contact_point": address, "created_at": NOW, "due_at": NOW, "message_id": number,
            **fields,
        }
    )  # fmt: skip


def response(*, unit: Any, program: Program, score: int | None = 9, **fields: Any) -> Response:
    """An answer collected elsewhere (source "file"), unless fields say otherwise."""
    at = fields.get("answered_at", NOW)
    return Response.objects.create(
        **{
            "source": "file", "external_id": f"r-{next(_number)}", "program": program, "unit": unit, "channel": "email",
            "score": score, "category": category(score) or "", "answered_at": at, "updated_at": at, **fields,
        }
    )  # fmt: skip
