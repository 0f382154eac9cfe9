"""/api/v1/tickets: read the work, and write on it what was done elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from closedloop.api.serializers import TicketDetailOut, TicketOut
from closedloop.api.steps import (
    ActionDecisionIn,
    ActionIn,
    AttemptIn,
    ClosureIn,
    ElevationIn,
    FindingIn,
    FollowUpIn,
    FollowUpOutcomeIn,
    JoiningIn,
    LetterIn,
    PauseIn,
    PromiseIn,
    PromiseOutcomeIn,
    ReopeningIn,
    StepIn,
)
from closedloop.errors import TicketRefused
from closedloop.models import Clock, ContactAttempt, Escalation, Pause, Priority, Ticket
from closedloop.models.tickets import TicketQuerySet
from closedloop.services.elevating import elevate
from closedloop.services.owing import colleagues_of
from closedloop.services.uniting import others, unite
from common.api.pagination import Pages, refuse_unknown_parameters
from common.api.schema import ERRORS
from common.api.views import PrivateView
from crm.api.parameters import flag, unit
from crm.api.principal import principal_of
from crm.api.resources import PAGE, paged
from crm.models import Employee, OrgUnit
from crm.shapes import Ref

VIEW, CHANGE = "closedloop.view_ticket", "closedloop.change_ticket"
ELEVATE = "closedloop.add_elevation"
FILTERS = {
    "open": "true or false; left out: both.",
    "overdue": "true: only open tickets whose due time has passed.",
    "priority": "urgent, high, normal or low.",
    "unit": "External id of a unit: tickets of the unit and of those below it.",
}


PRIORITIES = {str(level.label): level.value for level in Priority}


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
    if level := _priority(request):
        rows = rows.filter(priority=level)
    if top := unit(request, VIEW):
        rows = rows.filter(unit__in=OrgUnit.objects.under(top, on=at.date()).values("pk"))
    return rows


def _priority(request: Request) -> int | None:
    said = request.query_params.get("priority")
    if said is not None and said not in PRIORITIES:
        raise ValidationError({"priority": f"Give one of {', '.join(PRIORITIES)}."})
    return PRIORITIES[said] if said is not None else None


def ticket_in_full(request: Request, public_id: UUID, function: str) -> Ticket:
    rows = Ticket.objects.visible_to(principal_of(request), function)
    attempts = Prefetch("attempts", ContactAttempt.objects.order_by("number"))
    raised = Prefetch("escalations", Escalation.objects.raised().order_by("due_at", "pk").select_related("employee"))
    clocks = Prefetch("clocks", Clock.objects.order_by("round", "pk").prefetch_related(raised))
    pauses = Prefetch("pauses", Pause.objects.order_by("at"))
    related = rows.select_related("customer", "unit__calendar", "owner", "rule", "origin", "policy")
    related = related.prefetch_related(
        attempts, "findings__root_cause", "findings__stated_cause", "actions__kind", "actions__decision", "promises",
        "followups__to", "letters", "replies", "closures", clocks, pauses, "elevations__proposed_cause",
    )  # fmt: skip
    return get_object_or_404(related, public_id=public_id)


class OneTicket(PrivateView):
    scopes = {"GET": "tickets:read"}
    functions = {"GET": VIEW}

    @extend_schema(operation_id="ticket", summary="Read one ticket", responses=TicketDetailOut)
    def get(self, request: Request, public_id: UUID) -> Response:
        """A ticket with its brief and what has been done."""
        return Response(TicketDetailOut(ticket_in_full(request, public_id, VIEW)).data)


class Step(PrivateView):
    """What was done to a ticket, elsewhere. 409 if it is not possible, or if the ticket changed since it was read."""

    scopes = {"POST": "tickets:write"}
    functions = {"POST": CHANGE}
    shape: ClassVar[type[StepIn | ElevationIn]]

    def do(self, ticket: Ticket, **said: Any) -> object:
        raise NotImplementedError

    def post(self, request: Request, public_id: UUID) -> Response:
        ticket = ticket_in_full(request, public_id, self.functions["POST"])
        said = self.shape(data=request.data)
        said.is_valid(raise_exception=True)
        values = dict(said.validated_data)
        try:
            self.do(
                ticket,
                expected_version=values.pop("version", None),
                by=principal_of(request),
                at=timezone.now(),
                **values,
            )
        except TicketRefused as refusal:
            raise Refused(refusal.message, code=refusal.code) from refusal
        return Response(TicketDetailOut(ticket_in_full(request, public_id, self.functions["POST"])).data, status=201)


def _documented(name: str, summary: str, shape: type[StepIn | ElevationIn]) -> Callable[[type[Step]], type[Step]]:
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


@_documented("decide_action", "Approve, refuse or withdraw what waits for approval", ActionDecisionIn)
class ActionDecisions(Step):
    """By a person who is signed in: somebody up the line whose limit reaches, or whoever asked. A key decides nothing.
    409 if it is not theirs to decide, was decided, or if the ticket changed since it was read."""

    shape = ActionDecisionIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.decide_action(action=named(ticket.actions, said.pop("action"), "action"), **said)


@_documented("record_promise", "Record what the customer was promised", PromiseIn)
class Promises(Step):
    shape = PromiseIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.promise(**said)


@_documented("settle_promise", "Record what became of a promise", PromiseOutcomeIn)
class PromiseOutcomes(Step):
    shape = PromiseOutcomeIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        promise = named(ticket.promises, said.pop("promise"), "promise")
        return ticket.settle_promise(promise=promise, **said)


@_documented("ask_follow_up", "Ask somebody else for a step", FollowUpIn)
class FollowUps(Step):
    shape = FollowUpIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.ask_follow_up(to=colleague(ticket, said.pop("to"), self.request), **said)


@_documented("settle_follow_up", "Record what became of a step", FollowUpOutcomeIn)
class FollowUpOutcomes(Step):
    shape = FollowUpOutcomeIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        step, ref = named(ticket.followups, said.pop("follow_up"), "follow_up"), said.pop("to")
        whom = colleague(ticket, ref, self.request) if ref else None
        return ticket.settle_follow_up(follow_up=step, to=whom, **said)


def named(rows: Any, public_id: UUID, field: str) -> Any:
    """The ticket's row with that id; a refusal of the field if it has none."""
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise ValidationError({field: "The ticket has no such row."}, code="unknown")
    return found


def colleague(ticket: Ticket, ref: Ref, request: Request) -> Employee:
    """An employee who can be asked, by the id that their source (or the caller's) gave them."""
    principal = principal_of(request)
    people = colleagues_of(ticket, principal, on=timezone.now().date())
    source = ref.source or getattr(principal, "source", "")
    found = people.filter(source=source, external_id=ref.external_id).first()
    if found is None:
        raise ValidationError({"to": "Nobody in sight has this id."}, code="unknown")
    return found


@_documented("write_letter", "Tell the customer what was done", LetterIn)
class Letters(Step):
    shape = LetterIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.write_letter(**said)


@_documented("close_ticket", "Close the ticket", ClosureIn)
class Closing(Step):
    shape = ClosureIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.close(**said)


@_documented("reopen_ticket", "Take a closed ticket up again", ReopeningIn)
class Reopening(Step):
    shape = ReopeningIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.reopen(**said)


@_documented("join_ticket", "Put the ticket together with another", JoiningIn)
class Joining(Step):
    """The ticket ends, and the work goes on in the other. 409 if it is not possible, or if the ticket changed."""

    shape = JoiningIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        into = others(ticket, said["by"]).filter(public_id=said.pop("into")).first()
        if into is None:
            raise ValidationError({"into": "No other open ticket in sight has this id."}, code="unknown")
        return unite(ticket=ticket, into=into, **said)


@_documented("pause_ticket", "Stop the clocks of the ticket for a while", PauseIn)
class Pauses(Step):
    shape = PauseIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.pause(**said)


@_documented("resume_ticket", "Have the clocks go on before the pause is over", StepIn)
class Resumption(Step):
    shape = StepIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        return ticket.resume(**said)


@_documented("elevate_ticket", "Raise the case to the outer loop", ElevationIn)
class Elevations(Step):
    functions = {"POST": ELEVATE}
    shape = ElevationIn

    def do(self, ticket: Ticket, **said: Any) -> object:
        said.pop("expected_version")
        return elevate(subject=ticket, **said)


STEPS: dict[str, type[Step]] = {
    "attempts": Attempts,
    "findings": Findings,
    "actions": Actions,
    "action-decisions": ActionDecisions,
    "promises": Promises,
    "promise-outcomes": PromiseOutcomes,
    "follow-ups": FollowUps,
    "follow-up-outcomes": FollowUpOutcomes,
    "letters": Letters,
    "closure": Closing,
    "reopening": Reopening,
    "joining": Joining,
    "pauses": Pauses,
    "resumption": Resumption,
    "elevations": Elevations,
}
