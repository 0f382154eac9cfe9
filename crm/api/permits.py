"""Holds and consent of one customer: set and read by the systems that speak with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import refuse_unknown_parameters
from common.api.serializers import CleanLine, Instant, StrictSerializer
from common.api.views import PrivateView
from common.models import User
from crm.api.lookups import customer_named, customers_in_reach, via
from crm.api.resources import SOURCE
from crm.api.serializers import HoldRow, WordRow
from crm.bar_shapes import CAUSE, OURS, UNTIL
from crm.models import Hold
from crm.services.evidence import allowed_at, words_for
from crm.services.holding import cause_of, hold, holds_of

SCOPE = "customers:write"


class HoldIn(StrictSerializer):
    """`cause`: the id under which the sender knows the reason; sent again with it, nothing changes. Left out, the same
    reason with the same end is the same hold."""

    kind = serializers.ChoiceField(choices=OURS)
    cause = CleanLine(
        max_length=CAUSE, required=False, default="", allow_blank=True, help_text="Your id of the reason."
    )
    why = CleanLine(max_length=300, required=False, default="", allow_blank=True)
    until = Instant(required=False, allow_null=True, default=None, help_text=UNTIL)

    def validate_until(self, value: datetime | None) -> datetime | None:
        if value is not None and value <= timezone.now():
            raise ValidationError("This lies in the past.")
        return value


class ReleaseIn(StrictSerializer):
    why = CleanLine(max_length=300)


class HoldList(serializers.Serializer[Any]):
    results = HoldRow(many=True)


class CustomerHolds(PrivateView):
    """Holds of a customer: while one lasts, nobody asks them anything."""

    scopes = {"GET": SCOPE, "POST": SCOPE}
    functions = {"GET": "crm.view_hold", "POST": "crm.add_hold"}

    @extend_schema(
        operation_id="customer_holds", summary="Holds of a customer", parameters=[SOURCE], responses=HoldList
    )
    def get(self, request: Request, external_id: str) -> Response:
        """The holds in force on any row of the person that is in sight, the oldest first."""
        refuse_unknown_parameters(request, "source")
        customer = customer_named(request, external_id, self.functions["GET"])
        rows = customers_in_reach(request, self.functions["GET"]).of_person(customer)
        holds = holds_of(rows=rows.values_list("pk", flat=True), at=timezone.now())
        return Response(HoldList({"results": holds.select_related("customer")}).data)

    @extend_schema(
        operation_id="hold_customer",
        summary="Hold a customer",
        parameters=[SOURCE],
        request=HoldIn,
        responses={200: HoldRow, 201: HoldRow},
    )
    def post(self, request: Request, external_id: str) -> Response:
        """Hold the customer; 200 with the hold that stands if it is held for the same cause already."""
        refuse_unknown_parameters(request, "source")
        customer = customer_named(request, external_id, self.functions["POST"])
        said = HoldIn(data=request.data)
        said.is_valid(raise_exception=True)
        values, at = dict(said.validated_data), timezone.now()
        cause = _cause(getattr(request.auth, "source", "api")[:30], values.pop("cause"), values)
        row = hold(customer=customer, cause=cause, at=at, by=person(request), via=via(request), **values)
        return Response(HoldRow(row).data, status=201 if row.since == at else 200)


def _cause(where: str, told: str, said: Mapping[str, Any]) -> str:
    return f"{where}:{told}" if told else cause_of(where, why=said["why"], until=said["until"])


class HoldRelease(PrivateView):
    scopes = {"POST": SCOPE}
    functions = {"POST": "crm.change_hold"}

    @extend_schema(operation_id="release_hold", summary="Release a hold", request=ReleaseIn, responses={201: HoldRow})
    def post(self, request: Request, public_id: UUID) -> Response:
        """Release a hold; released before, it stays as it was. A ticket's hold ends with the ticket: 404."""
        refuse_unknown_parameters(request)
        seen = customers_in_reach(request, self.functions["POST"]).values("pk")
        rows = Hold.objects.exclude(kind=Hold.Kind.OPEN_TICKET).filter(customer__in=seen).select_related("customer")
        row = get_object_or_404(rows, public_id=public_id)
        said = ReleaseIn(data=request.data)
        said.is_valid(raise_exception=True)
        row.release(at=timezone.now(), by=person(request), via=via(request), why=said.validated_data["why"])
        return Response(HoldRow(row).data, status=201)


class WordList(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    results = WordRow(many=True)


class CustomerConsents(PrivateView):
    """What a customer had allowed, with the evidence."""

    scopes = {"GET": SCOPE}
    functions = {"GET": "crm.view_consentword"}

    @extend_schema(
        operation_id="customer_consents",
        tags=["consents"],
        summary="What a customer had allowed",
        parameters=[
            SOURCE,
            OpenApiParameter("at", datetime, description="At that moment; left out: now."),
            OpenApiParameter("known_at", datetime, description="Only what we knew then; left out: what we know today."),
        ],
        responses=WordList,
    )
    def get(self, request: Request, external_id: str) -> Response:
        """By channel and purpose the word that counted for the person, as their rows were merged then."""
        refuse_unknown_parameters(request, "source", "at", "known_at")
        customer = customer_named(request, external_id, self.functions["GET"])
        at = _moment(request, "at") or timezone.now()
        words = allowed_at(customer=customer, at=at, known_at=_moment(request, "known_at"))
        shown = words_for(words, seen=customers_in_reach(request, self.functions["GET"]))
        return Response(WordList({"at": at, "results": shown}).data)


def _moment(request: Request, name: str) -> datetime | None:
    said = request.query_params.get(name)
    try:
        return None if said is None else Instant().run_validation(said.replace(" ", "+"))
    except ValidationError as error:
        raise ValidationError({name: error.detail}) from error


def person(request: Request) -> User | None:
    """The person behind a request; a key is none."""
    return request.user if isinstance(request.user, User) else None
