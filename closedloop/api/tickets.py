"""/api/v1/tickets: read the work, and write on it what was done elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from closedloop.api.serializers import (
    ActionIn,
    AttemptIn,
    ClosureIn,
    FindingIn,
    StepIn,
    TicketDetailOut,
    TicketOut,
)
from closedloop.errors import StaleTicket, TicketRefused
from closedloop.models import ContactAttempt, Ticket
from closedloop.models.tickets import TicketQuerySet
from common.api.pagination import Pages, refuse_unknown_parameters
from common.api.schema import ERRORS
from common.api.views import PrivateView
from crm.api.parameters import flag, unit
from crm.api.principal import principal_of
from crm.api.resources import PAGE, paged
from crm.models import OrgUnit

VIEW, CHANGE = "closedloop.view_ticket", "closedloop.change_ticket"
FILTERS = {
    "open": "true or false; left out: both.",
    "overdue": "true: only open tickets whose due time has passed.",
    "unit": "External id of a unit: tickets of the unit and of those below it.",
}


class Refused(APIException):
    status_code = 409


class Tickets(PrivateView):
    scopes = {"GET": "tickets:read"}
    functions = {"GET": VIEW}

    @extend_schema(
        operation_id="tickets",
        summary="List tickets",
        parameters=[*(OpenApiParameter(name, str, description=text) for name, text in FILTERS.items()), *PAGE],
        responses=paged(TicketOut),
    )
    def get(self, request: Request) -> Response:
        """Tickets in sight, oldest first, in cursor pages."""
        refuse_unknown_parameters(request, *FILTERS)
        rows = _filtered(request, Ticket.objects.listed_to(principal_of(request), VIEW))
        pages = Pages()
        page = pages.paginate_queryset(
            rows.select_related("customer", "unit", "owner", "rule", "origin"), request, self
        )
        return pages.get_paginated_response(TicketOut(page, many=True).data)


def _filtered(request: Request, rows: TicketQuerySet) -> TicketQuerySet:
    is_open, at = flag(request, "open"), timezone.now()
    rows = rows if is_open is None else rows.filter(is_open=is_open)
    rows = rows.overdue(at) if flag(request, "overdue") else rows
    if top := unit(request, VIEW):
        rows = rows.filter(unit__in=OrgUnit.objects.under(top, on=at.date()).values("pk"))
    return rows


def _ticket(request: Request, public_id: UUID, function: str) -> Ticket:
    rows = Ticket.objects.visible_to(principal_of(request), function)
    attempts = Prefetch("attempts", ContactAttempt.objects.order_by("number"))
    related = rows.select_related("customer", "unit__calendar", "owner", "rule", "origin", "policy")
    return get_object_or_404(related.prefetch_related(attempts, "findings__root_cause", "actions"), public_id=public_id)


class OneTicket(PrivateView):
    scopes = {"GET": "tickets:read"}
    functions = {"GET": VIEW}

    @extend_schema(operation_id="ticket", summary="Read one ticket", responses=TicketDetailOut)
    def get(self, request: Request, public_id: UUID) -> Response:
        """A ticket with its brief and what has been done."""
        return Response(TicketDetailOut(_ticket(request, public_id, VIEW)).data)


class Step(PrivateView):
    """What was done to a ticket, elsewhere. 409 if it is not possible, or if the ticket changed since it was read."""

    scopes = {"POST": "tickets:write"}
    functions = {"POST": CHANGE}
    shape: ClassVar[type[StepIn]]

    def do(self, ticket: Ticket, **said: Any) -> object:
        raise NotImplementedError

    def post(self, request: Request, public_id: UUID) -> Response:
        ticket = _ticket(request, public_id, CHANGE)
        said = self.shape(data=request.data)
        said.is_valid(raise_exception=True)
        values = dict(said.validated_data)
        try:
            self.do(
                ticket, expected_version=values.pop("version"), by=principal_of(request), at=timezone.now(), **values
            )
        except TicketRefused as refusal:
            raise Refused(refusal.message, code="stale" if isinstance(refusal, StaleTicket) else "refused") from refusal
        return Response(TicketDetailOut(_ticket(request, public_id, CHANGE)).data, status=201)


def _documented(name: str, summary: str, shape: type[StepIn]) -> Callable[[type[Step]], type[Step]]:
    """Tell the schema what a step takes and answers."""
    answers = {201: TicketDetailOut, 409: OpenApiResponse(ERRORS, "Not possible, or the ticket changed since.")}
    return extend_schema_view(post=extend_schema(operation_id=name, summary=summary, request=shape, responses=answers))


@_documented("record_attempt", "Record that the customer was called", AttemptIn)
class Attempts(Step):
    shape = AttemptIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.record_attempt(**said)


@_documented("record_finding", "Record what was learned", FindingIn)
class Findings(Step):
    shape = FindingIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.record_finding(**said)


@_documented("record_action", "Record what was done", ActionIn)
class Actions(Step):
    shape = ActionIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.record_action(**said)


@_documented("close_ticket", "Close the ticket", ClosureIn)
class Closing(Step):
    shape = ClosureIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.close(**said)
