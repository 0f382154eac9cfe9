"""/api/v1/merges: two customer rows are one person, as another system knows it; and the undoing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import Pages, refuse_unknown_parameters
from common.api.schema import ERRORS
from common.api.serializers import CleanLine, StrictSerializer
from common.api.views import PrivateView
from crm.api.lookups import customers_in_reach, via
from crm.api.permits import person
from crm.api.principal import principal_of
from crm.api.resources import PAGE, paged
from crm.api.serializers import MergeRow
from crm.models import ApiKey, Customer, Merge
from crm.services.merging import MergeRefused, merge, undo
from crm.shapes import Ref, Reference
from crm.survivorship import RULES

SCOPE, VIEW, ADD, CHANGE = "customers:write", "crm.view_merge", "crm.add_merge", "crm.change_merge"
SIDES = [("kept", "kept"), ("merged", "merged")]
REFUSED = OpenApiResponse(ERRORS, "Not possible: one person already (or with a row out of sight), erased, undone.")


class Refused(APIException):
    status_code = 409


class ChoicesIn(StrictSerializer):
    """Whose value counts, where the rules are not to decide: "kept" or "merged"."""

    def get_fields(self) -> Any:
        return {field: serializers.ChoiceField(choices=SIDES, required=False) for field in RULES}


class MergeIn(StrictSerializer):
    kept = Reference()
    merged = Reference()
    why = CleanLine(max_length=300, required=False, default="", allow_blank=True)
    choices = ChoicesIn(required=False)


class UndoIn(StrictSerializer):
    why = CleanLine(max_length=300)


class MergeList(PrivateView):
    scopes = {"GET": SCOPE, "POST": SCOPE}
    functions = {"GET": VIEW, "POST": ADD}

    @extend_schema(operation_id="merges", summary="Merges", parameters=PAGE, responses=paged(MergeRow))
    def get(self, request: Request) -> Response:
        """Merges whose customers are both in sight, those undone included."""
        refuse_unknown_parameters(request)
        pages = Pages()
        rows = pages.paginate_queryset(_visible(request, VIEW).select_related("kept", "merged"), request, self)
        return pages.get_paginated_response(MergeRow(rows, many=True).data)

    @extend_schema(
        operation_id="merge", summary="Merge two customers", request=MergeIn, responses={201: MergeRow, 409: REFUSED}
    )
    def post(self, request: Request) -> Response:
        """`merged` is the same person as `kept`. Rows keep their ids, and loads go on to their own rows."""
        refuse_unknown_parameters(request)
        said = MergeIn(data=request.data)
        said.is_valid(raise_exception=True)
        values = said.validated_data
        both = {name: _customer(request, name, values[name]) for name in ("kept", "merged")}
        choices = {field: both[side].pk for field, side in values.get("choices", {}).items()}
        try:
            row = merge(
                **both, why=values["why"], choices=choices, at=timezone.now(), by=person(request), via=via(request),
                seen=customers_in_reach(request, ADD),
            )  # fmt: skip
        except MergeRefused as refusal:
            raise Refused(str(refusal), code="refused") from refusal
        return Response(MergeRow(row).data, status=201, headers={"Location": f"/api/v1/merges/{row.public_id}"})


class MergeDetail(PrivateView):
    scopes = {"GET": SCOPE}
    functions = {"GET": VIEW}

    @extend_schema(operation_id="merge_detail", summary="A merge", responses=MergeRow)
    def get(self, request: Request, public_id: UUID) -> Response:
        """One merge."""
        refuse_unknown_parameters(request)
        return Response(MergeRow(_merge(request, public_id, VIEW)).data)


class MergeUndoing(PrivateView):
    scopes = {"POST": SCOPE}
    functions = {"POST": CHANGE}

    @extend_schema(
        operation_id="undo_merge", summary="Undo a merge", request=UndoIn, responses={201: MergeRow, 409: REFUSED}
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """The rows are two people again, each with what came to it since."""
        refuse_unknown_parameters(request)
        row = _merge(request, public_id, CHANGE)
        said = UndoIn(data=request.data)
        said.is_valid(raise_exception=True)
        try:
            done = undo(
                merge=row, why=said.validated_data["why"], at=timezone.now(), by=person(request), via=via(request)
            )
        except MergeRefused as refusal:
            raise Refused(str(refusal), code="refused") from refusal
        return Response(MergeRow(done).data, status=201)


def _function(request: Request, function: str) -> str | None:
    return None if isinstance(request.auth, ApiKey) else function


def _visible(request: Request, function: str) -> QuerySet[Merge]:
    rows: QuerySet[Merge] = Merge.objects.visible_to(principal_of(request), _function(request, function))
    return rows


def _merge(request: Request, public_id: UUID, function: str) -> Merge:
    return get_object_or_404(_visible(request, function).select_related("kept", "merged"), public_id=public_id)


def _customer(request: Request, name: str, ref: Ref) -> Customer:
    source = ref.source or getattr(request.auth, "source", "")
    customer = customers_in_reach(request, ADD).filter(source=source, external_id=ref.external_id).first()
    if customer is None:
        raise ValidationError({name: f"Unknown customer {ref.external_id!r}."}, code="unknown")
    return customer
