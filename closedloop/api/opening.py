"""POST /api/v1/tickets: a ticket that somebody opens by hand."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from closedloop.api.serializers import TicketDetailOut
from closedloop.api.steps import TicketIn
from closedloop.api.tickets import CHANGE, VIEW, Refused, Tickets, ticket_in_full
from closedloop.errors import TicketRefused
from closedloop.services.taking_down import Told, customers, take_down
from common.api.schema import ERRORS
from crm.api.principal import principal_of
from crm.models import OrgUnit
from crm.shapes import Ref
from crm.sight import Principal


class TicketList(Tickets):
    scopes = {"GET": "tickets:read", "POST": "tickets:write"}
    functions = {"GET": VIEW, "POST": CHANGE}

    @extend_schema(
        operation_id="open_ticket", summary="Open a ticket by hand", request=TicketIn,
        responses={201: TicketDetailOut, 409: OpenApiResponse(ERRORS, "Not possible.")},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """A customer told somebody something. The ticket about it: a new one, or the one that is open for them, which
        it joins and can only hasten."""
        sent = TicketIn(data=request.data)
        sent.is_valid(raise_exception=True)
        said, by = dict(sent.validated_data), principal_of(request)
        told = Told(said.pop("reason"), said.pop("words"), said.pop("severity"))
        customer = _one(customers(by), said.pop("customer"), "customer", by)
        units, ref = OrgUnit.objects.visible_to(by, CHANGE), said.pop("unit")
        unit = _one(units, ref, "unit", by) if ref else units.filter(pk=customer.unit_id).first()
        if unit is None:
            raise ValidationError({"unit": "The customer has no unit in sight: name one."}, code="required")
        try:
            ticket = take_down(customer=customer, unit=unit, told=told, by=by, at=timezone.now(), **said)
        except TicketRefused as refusal:
            raise Refused(refusal.message, code=refusal.code) from refusal
        return Response(TicketDetailOut(ticket_in_full(request, ticket.public_id, CHANGE)).data, status=201)


def _one(rows: Any, ref: Ref, field: str, by: Principal) -> Any:
    """The row in sight that its source (or the caller's) gave this id; a refusal of the field if there is none."""
    found = rows.filter(source=ref.source or getattr(by, "source", ""), external_id=ref.external_id).first()
    if found is None:
        raise ValidationError({field: "Nothing in sight has this id."}, code="unknown")
    return found
