"""Why customers were asked, or were not: the asking ledger, to read."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import Pages, refuse_unknown_parameters
from common.api.views import PrivateView
from crm.api.parameters import line
from crm.api.principal import principal_of
from crm.api.resources import PAGE, described, paged
from crm.models import ApiKey, Customer, Interaction
from crm.sight import Principal
from surveys.api.decision_rows import DecisionRow
from surveys.models import Decision, Program, Reason, Turn
from surveys.services.explaining.answering import FUNCTION, tell

FILTERS = {
    "customer": "External id of a customer: decisions about this person, merged rows included.",
    "customer_source": "Source of that id. A key's own when left out.",
    "interaction": "External id of an interaction: decisions about it, and about the turns that it led to.",
    "interaction_source": "Source of that id. A key's own when left out.",
    "program": "Code of a program.",
    "reason": "Only decisions for this reason.",
    "from": "First day on which the occasions happened (UTC), as 2026-11-22.",
    "to": "Last such day.",
}


class NewestFirst(Pages):
    ordering = "-id"


@extend_schema_view(
    get=extend_schema(
        operation_id="decisions_list",
        summary="List decisions",
        parameters=[*described(FILTERS), *PAGE],
        responses={200: paged(DecisionRow)},
    )
)
class DecisionList(PrivateView):
    """Decisions in sight of the key or the person, the newest first: why each occasion was asked about or not, in words
    and with what it was decided from."""

    scopes = {"GET": "decisions:read"}
    functions = {"GET": FUNCTION}

    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, *FILTERS)
        principal = principal_of(request)
        function = None if isinstance(request.auth, ApiKey) else FUNCTION
        seen = Decision.objects.listed_to(principal, function)
        rows = _of_interaction(_of_customer(_plain(seen, request), request, principal), request, principal)
        pages = NewestFirst()
        shown = rows.select_related("program", "version__program", "customer", "unit", "employee")
        found = tell(pages.paginate_queryset(shown, request, self), principal=principal)
        return pages.get_paginated_response(DecisionRow(found, many=True).data)


def _plain(rows: QuerySet[Decision], request: Request) -> QuerySet[Decision]:
    if code := line(request, "program", limit=61):
        rows = rows.filter(program__code=code)
    if reason := line(request, "reason", limit=17):
        if reason not in Reason.values:
            raise ValidationError({"reason": f"Give one of {', '.join(Reason.values)}."})
        rows = rows.filter(reason=reason)
    if first := _day(request, "from"):
        rows = rows.filter(occasion_day__gte=first)
    if last := _day(request, "to"):
        rows = rows.filter(occasion_day__lte=last)
    return rows


def _day(request: Request, name: str) -> date | None:
    said = line(request, name, limit=11)
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise ValidationError({name: "Give a day such as 2026-11-22."}) from None


def _named(rows: QuerySet[Any], request: Request, name: str) -> list[Any] | None:
    """The rows that a parameter names; None when it is left out."""
    external_id = line(request, name)
    if not external_id:
        return None
    known = rows.filter(external_id=external_id)
    if source := line(request, f"{name}_source", limit=61) or getattr(request.auth, "source", ""):
        known = known.filter(source=source)
    found = list(known[:2])
    if len(found) > 1:
        raise ValidationError({f"{name}_source": "Rows of several sources have this id. Say which is meant."})
    return found


def _of_customer(rows: QuerySet[Decision], request: Request, principal: Principal) -> QuerySet[Decision]:
    named = _named(Customer.objects.visible_to(principal), request, "customer")
    if named is None:
        return rows
    return rows.filter(customer__in=Customer.objects.of_person(named[0]).values("pk")) if named else rows.none()


def _of_interaction(rows: QuerySet[Decision], request: Request, principal: Principal) -> QuerySet[Decision]:
    named = _named(Interaction.objects.visible_to(principal), request, "interaction")
    if named is None:
        return rows
    if not named:
        return rows.none()
    turns = Turn.objects.filter(interaction=named[0]).values_list("pk", flat=True)
    occasions = [f"interaction:{named[0].pk}", *(f"turn:{pk}" for pk in turns)]
    programs = list(Program.objects.values_list("pk", flat=True))  # the unique index begins with the program
    return rows.filter(program__in=programs, occasion__in=occasions)
