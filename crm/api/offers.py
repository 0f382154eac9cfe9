"""The resources of offers: what there is, for whom, what may be proposed now, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import Pages, refuse_unknown_parameters
from common.api.views import PrivateView
from common.text import clean_line
from crm.api.money_rows import CustomerOfferRow, LearnedRow, OfferRow, OffersRow, OutcomeRow, ProfileDetailRow
from crm.api.principal import principal_of
from crm.api.resources import MAX_ITEMS, PAGE, SOURCE, Collection, Offer, Single, documented, paged
from crm.api.serializers import ListRow
from crm.models import ApiKey, Customer, CustomerOffer, Interaction, LearnedDetail, OfferOutcome, ProfileDetail
from crm.models import Offer as OfferModel
from crm.offer_shapes import CustomerOfferShape, LearnedShape, MissingDetailsShape, OfferShape, OutcomeShape
from crm.services.arriving import ItemResult
from crm.services.offering import offers_for
from crm.services.offers.ingesting import ingest_customer_offers, ingest_missing_details, ingest_offers
from crm.services.offers.telling import record_learned, record_outcomes
from crm.sight import Principal

SCOPE = "offers:write"


def offers(_principal: Principal, _function: str | None) -> QuerySet[OfferModel]:
    """What there is to propose is the same for the whole company."""
    return OfferModel.objects.all()


def customer_offers(principal: Principal, function: str | None) -> QuerySet[CustomerOffer]:
    return CustomerOffer.objects.visible_to(principal, function).select_related("customer", "offer")


OFFERS = Offer(
    name="offers",
    scope=SCOPE,
    function="crm.view_offer",
    rows=offers,
    output=OfferRow,
    shape=OfferShape,
    ingest=ingest_offers,
)
CUSTOMER_OFFERS = Offer(
    name="customer-offers",
    scope=SCOPE,
    function="crm.view_customeroffer",
    rows=customer_offers,
    output=CustomerOfferRow,
    shape=CustomerOfferShape,
    ingest=ingest_customer_offers,
)


@documented
class OfferList(Collection):
    """Offers: what may be proposed, in which words, and how many are held out by lot."""

    offer = OFFERS


@documented
class OfferDetail(Single):
    """One offer."""

    offer = OFFERS


@documented
class CustomerOfferList(Collection):
    """Customers in sight for whom an offer is meant, with the arm the lot gave them."""

    offer = CUSTOMER_OFFERS


@documented
class CustomerOfferDetail(Single):
    """An offer meant for a customer in sight."""

    offer = CUSTOMER_OFFERS


def named(rows: QuerySet[Any], request: Request, external_id: str) -> Any:
    """The row with that id of the source asked for (a key's own when left out), or 404."""
    source = request.query_params.get("source") or getattr(request.auth, "source", "")
    if not source:
        raise ValidationError({"source": "Say which source gave the id."}, code="required")
    found = rows.filter(source=clean_line(source, limit=61), external_id=clean_line(external_id, limit=121)).first()
    if found is None:
        raise Http404
    return found


def function_of(request: Request, function: str) -> str | None:
    return None if isinstance(request.auth, ApiKey) else function


class CustomerOffers(PrivateView):
    """What may be proposed to a customer in sight and asked of them now; nothing while a hold is in force."""

    scopes = {"GET": SCOPE}
    functions = {"GET": "crm.view_customeroffer"}

    @extend_schema(
        operation_id="customer_proposals",
        summary="Read what may be proposed now",
        parameters=[SOURCE],
        responses=OffersRow,
    )
    def get(self, request: Request, external_id: str) -> Response:
        refuse_unknown_parameters(request, "source")
        principal = principal_of(request)
        seen = Customer.objects.visible_to(principal, function_of(request, "crm.view_customeroffer"))
        customer = named(seen.filter(erased_at=None), request, external_id)
        return Response(OffersRow(offers_for(customer=customer, at=timezone.now(), principal=principal)).data)


class MissingDetails(PrivateView):
    """What the CRM does not know of customers: all of it, so that what is not named is missing no more."""

    scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="missing_details_create",
        summary="Say what is not known of customers",
        request=MissingDetailsShape(many=True),
        responses=ListRow,
    )
    def post(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        key: Any = request.auth
        items = list_of(request)
        outcome = ingest_missing_details(items, source=key.source, at=timezone.now(), principal=key)
        return Response(ListRow({"results": outcome}).data)


def list_of(request: Request) -> list[Any]:
    """The items sent. 422 for anything but a list of a fitting length."""
    if not isinstance(request.data, list) or not request.data:
        raise ValidationError("Send a list of items.", code="not_a_list")
    if len(request.data) > MAX_ITEMS:
        raise ValidationError(f"Send at most {MAX_ITEMS:,} items at once.", code="too_many")
    return request.data


class _OfInteraction(PrivateView):
    """Rows of one interaction in sight, to tell and to read."""

    scopes = {"GET": SCOPE, "POST": SCOPE}
    functions = {"GET": "crm.view_offeroutcome"}
    record: Callable[..., list[ItemResult]]
    output: Any
    rows: Any

    def get(self, request: Request, external_id: str) -> Response:
        refuse_unknown_parameters(request, "source")
        found = self.rows.filter(interaction=self.interaction(request, external_id)).order_by("pk")
        return Response(self.output(found, many=True).data)

    def post(self, request: Request, external_id: str) -> Response:
        refuse_unknown_parameters(request, "source")
        interaction, key = self.interaction(request, external_id), principal_of(request)
        outcome = type(self).record(
            interaction=interaction, items=list_of(request), source=key.source, at=timezone.now(), principal=key
        )
        return Response(ListRow({"results": outcome}).data)

    def interaction(self, request: Request, external_id: str) -> Interaction:
        function = function_of(request, "crm.view_offeroutcome")
        seen = Interaction.objects.visible_to(principal_of(request), function).select_related("employee")
        found: Interaction = named(seen, request, external_id)
        return found


def told(name: str, what: str, shape: Any, output: Any) -> Any:
    """The schema of a list told about an interaction. It has a page of its own in the docs."""
    tags = [name.replace("_", "-")]
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"{name}_list",
            summary=f"Read {what} in an interaction",
            tags=tags,
            parameters=[SOURCE],
            responses=output(many=True),
        ),
        post=extend_schema(
            operation_id=f"{name}_create",
            summary=f"Tell {what} in an interaction; told twice it is known once",
            tags=tags,
            parameters=[SOURCE],
            request=shape(many=True),
            responses=ListRow,
        ),
    )


@told("offer_outcomes", "what became of offers", OutcomeShape, OutcomeRow)
class OfferOutcomes(_OfInteraction):
    """What became of offers in an interaction in sight: shown, accepted, declined, later."""

    record = staticmethod(record_outcomes)
    output = OutcomeRow
    rows = OfferOutcome.objects.select_related("offer", "employee")


@told("learned_details", "what was learned of the customer", LearnedShape, LearnedRow)
class LearnedDetails(_OfInteraction):
    """What a customer told about themselves in an interaction in sight."""

    record = staticmethod(record_learned)
    output = LearnedRow
    rows = LearnedDetail.objects.select_related("detail", "employee")


@extend_schema_view(
    get=extend_schema(
        operation_id="profile_details_list",
        summary="List profile details",
        parameters=PAGE,
        responses={200: paged(ProfileDetailRow)},
    )
)
class ProfileDetailList(PrivateView):
    """What is worth knowing of every customer: the same for the whole company."""

    scopes = {"GET": SCOPE}
    functions = {"GET": "crm.view_customeroffer"}

    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        pages = Pages()
        found = pages.paginate_queryset(ProfileDetail.objects.all(), request, self)
        return pages.get_paginated_response(ProfileDetailRow(found, many=True).data)
