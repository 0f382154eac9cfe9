"""The resources of money: financial records, relationships and acquisitions."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import refuse_unknown_parameters
from common.api.serializers import CleanObject, StrictSerializer
from common.api.views import PrivateView
from crm.api.money_rows import AcquisitionRow, FinancialRow, RelationshipRow
from crm.api.resources import MAX_ITEMS, Collection, Offer, Single, documented
from crm.api.serializers import ListRow
from crm.controls import HOW
from crm.models import Acquisition, FinancialRecord, Relationship
from crm.money_shapes import AcquisitionShape, FinancialShape, RelationshipShape
from crm.services.money.controlling import DoesNotAgree, ingest_controlled
from crm.services.money.ingesting import ingest_acquisitions, ingest_financials, ingest_relationships
from crm.sight import Principal


def financials(principal: Principal, function: str | None) -> QuerySet[FinancialRecord]:
    return FinancialRecord.objects.visible_to(principal, function).select_related("customer")


def financials_listed(principal: Principal, function: str | None) -> QuerySet[FinancialRecord]:
    return FinancialRecord.objects.listed_to(principal, function).select_related("customer")


def relationships(principal: Principal, function: str | None) -> QuerySet[Relationship]:
    return Relationship.objects.visible_to(principal, function).select_related("customer")


def relationships_listed(principal: Principal, function: str | None) -> QuerySet[Relationship]:
    return Relationship.objects.listed_to(principal, function).select_related("customer")


def acquisitions(principal: Principal, function: str | None) -> QuerySet[Acquisition]:
    return Acquisition.objects.visible_to(principal, function).with_referrer(principal, function)


def acquisitions_listed(principal: Principal, function: str | None) -> QuerySet[Acquisition]:
    return Acquisition.objects.listed_to(principal, function).with_referrer(principal, function)


FINANCIALS = Offer(
    name="financials",
    scope="money:write",
    function="crm.view_financialrecord",
    rows=financials,
    listed=financials_listed,
    output=FinancialRow,
    shape=FinancialShape,
    ingest=ingest_financials,
)
RELATIONSHIPS = Offer(
    name="relationships",
    scope="money:write",
    function="crm.view_relationship",
    rows=relationships,
    listed=relationships_listed,
    output=RelationshipRow,
    shape=RelationshipShape,
    ingest=ingest_relationships,
)
ACQUISITIONS = Offer(
    name="acquisitions",
    scope="money:write",
    function="crm.view_acquisition",
    rows=acquisitions,
    listed=acquisitions_listed,
    output=AcquisitionRow,
    shape=AcquisitionShape,
    ingest=ingest_acquisitions,
)


@documented
class FinancialList(Collection):
    """Financial records of customers in sight. With control totals: `financial-loads`."""

    offer = FINANCIALS


@documented
class FinancialDetail(Single):
    """Financial record of a customer in sight."""

    offer = FINANCIALS


@documented
class RelationshipList(Collection):
    """From when to when customers in sight are customers."""

    offer = RELATIONSHIPS


@documented
class RelationshipDetail(Single):
    """Relationship of a customer in sight."""

    offer = RELATIONSHIPS


@documented
class AcquisitionList(Collection):
    """How customers in sight first heard of us, and from whom."""

    offer = ACQUISITIONS


@documented
class AcquisitionDetail(Single):
    """Acquisition of a customer in sight."""

    offer = ACQUISITIONS


class Control(CleanObject):
    """Control totals, {"rows": 1200, "revenue:EUR": "123.45"}."""


class FinancialLoad(StrictSerializer):
    control = Control(help_text=f"What all items add up to. {HOW}")
    items = serializers.ListField(child=serializers.JSONField(), min_length=1, max_length=MAX_ITEMS)


class FinancialLoadInput(serializers.Serializer[Any]):
    """Financial records that must agree with their control totals."""

    control = serializers.DictField(help_text=f"What all items add up to, such as revenue:EUR. {HOW}")
    items = FinancialShape(many=True)


class FinancialLoads(PrivateView):
    """Financial records as one thing: if a control total differs by a cent, or a row is refused, nothing is stored."""

    scopes = {"POST": "money:write"}

    @extend_schema(
        operation_id="financial_loads_create",
        summary="Send financial records with control totals, all or nothing",
        request=FinancialLoadInput,
        responses=ListRow,
    )
    def post(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        checker = FinancialLoad(data=request.data)
        checker.is_valid(raise_exception=True)
        control, items = checker.validated_data["control"], checker.validated_data["items"]
        key: Any = request.auth  # HasScope lets nobody write without a key
        try:
            outcome = ingest_controlled(items, control=control, source=key.source, at=timezone.now(), principal=key)
        except DoesNotAgree as refusal:
            return Response({"errors": refusal.errors}, status=422)
        return Response(ListRow({"results": outcome}).data)
