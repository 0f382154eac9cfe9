"""/api/v1/tickets/handovers: many tickets to one owner, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from closedloop.api.steps import StepIn
from closedloop.api.tickets import CHANGE
from closedloop.models import Ticket
from closedloop.services.handing_over import MOST, Handed, Wanted, hand_over
from closedloop.services.routing import owners_for
from common.api.serializers import CleanLine, StrictSerializer
from common.api.views import PrivateView
from crm.api.principal import principal_of
from crm.models import Employee
from crm.shapes import Ref, Reference
from crm.sight import Principal

STATUSES = ("handed_over", "refused", "stale", "unknown")


class WantedIn(StepIn):
    id = serializers.UUIDField()


class HandoversIn(StrictSerializer):
    to = Reference()
    why = CleanLine(max_length=300, help_text="It stands in the story of each ticket.")
    tickets = serializers.ListField(child=WantedIn(), allow_empty=False, max_length=MOST)

    def validate_tickets(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({row["id"] for row in rows}) < len(rows):
            raise ValidationError("A ticket is named twice.", code="twice")
        return rows


class HandedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES, help_text="unknown: no ticket in sight has this id.")
    message = serializers.CharField(allow_blank=True, help_text="Why it was not handed over.")
    version = serializers.IntegerField(allow_null=True, help_text="Of the ticket as it is now.")


class HandoversOut(serializers.Serializer[Any]):
    results = HandedOut(many=True)


class Handovers(PrivateView):
    """Hand tickets to an owner. One refusal stops no other: the answer says for each, in your order, what became of it.
    404 if none of the tickets is in sight."""

    scopes = {"POST": "tickets:write"}
    functions = {"POST": CHANGE}

    @extend_schema(
        operation_id="hand_over_tickets", summary="Hand many tickets to one owner", request=HandoversIn,
        responses=HandoversOut,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        sent = HandoversIn(data=request.data)
        sent.is_valid(raise_exception=True)
        said, by, at = sent.validated_data, principal_of(request), timezone.now()
        versions = {row["id"]: row["version"] for row in said["tickets"]}
        found = _found(list(versions), by)
        to = _owner(said["to"], found, by)
        wanted = [Wanted(found[pk], version) for pk, version in versions.items() if pk in found]
        handed = hand_over(wanted, to=to, why=said["why"], by=by, at=at)
        return Response({"results": _told(list(versions), handed)})


def _found(ids: list[Any], by: Principal) -> dict[Any, Ticket]:
    rows = Ticket.objects.visible_to(by, CHANGE).filter(public_id__in=ids).select_related("unit")
    found = {ticket.public_id: ticket for ticket in rows}
    if not found:
        raise Http404
    return found


def _owner(ref: Ref, found: dict[Any, Ticket], by: Principal) -> Employee:
    people = owners_for({ticket.unit_id for ticket in found.values()}, by, on=timezone.now().date())
    owner = people.filter(source=ref.source or getattr(by, "source", ""), external_id=ref.external_id).first()
    if owner is None:
        raise ValidationError({"to": "Nobody in sight has this id."}, code="unknown")
    return owner


def _told(ids: list[Any], handed: Sequence[Handed]) -> list[dict[str, Any]]:
    became = {row.ticket.public_id: row for row in handed}
    return [_one(pk, became.get(pk)) for pk in ids]


def _one(public_id: Any, row: Handed | None) -> dict[str, Any]:
    told: dict[str, Any]
    if row is None:
        told = {"status": "unknown", "message": "No ticket in sight has this id.", "version": None}
    elif row.refusal:
        told = {"status": row.refusal.code, "message": row.refusal.message, "version": row.ticket.version}
    else:
        told = {"status": "handed_over", "message": "", "version": row.ticket.version}
    return {"id": str(public_id), **told}
