"""/api/v1/webhook-endpoints and /api/v1/webhook-deliveries: set up, look into and replay what others are told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from closedloop.models.tickets.rows import via
from common.api.pagination import Pages, refuse_unknown_parameters
from common.api.views import PrivateView
from common.models import State
from common.text import clean_line
from crm.api.parameters import moment
from crm.api.principal import principal_of
from crm.api.resources import PAGE, paged
from crm.models import ApiKey, OrgUnit
from crm.shapes import Ref
from crm.sight import Principal
from distribution.api.serializers import (
    DeliveryDetailOut,
    DeliveryOut,
    EndpointIn,
    EndpointOut,
    NewEndpointOut,
    NothingIn,
    ReplayIn,
    ReplayOut,
    SecretOut,
)
from distribution.models import WebhookDelivery, WebhookEndpoint
from distribution.services.webhooks.telling import send_test
from distribution.webhook_types import scopes_for

SCOPE = "webhooks:write"
VIEW, VIEW_DELIVERY = "distribution.view_webhookendpoint", "distribution.view_webhookdelivery"


def _said(shape: type[Any], request: Request) -> dict[str, Any]:
    refuse_unknown_parameters(request)
    said = shape(data=request.data)
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)


def _who(request: Request) -> dict[str, Any]:
    """Keys alone write here, and a key is no person."""
    return {"at": timezone.now(), "by": None, **via(principal_of(request))}


def _place(request: Request, named: Ref) -> OrgUnit:
    key: Principal = principal_of(request)
    source = named.source or getattr(key, "source", "")
    found = OrgUnit.objects.visible_to(key).filter(external_id=named.external_id, source=source).first()
    if found is None:
        raise ValidationError({"unit": "There is no such unit, or not for this key."}, code="unknown")
    return found


def _check_scopes(request: Request, said: dict[str, Any]) -> None:
    """A key has others told nothing that it may not read."""
    key: Any = request.auth  # HasScope lets nobody write without a key
    held = key.scopes
    for name in said["types"]:
        if lacking := scopes_for([name], words=False).difference(held):
            raise ValidationError({"types": f"{name} needs a key with the scope {min(lacking)}."}, code="scope")
    if lacking := scopes_for([], words=said["words"]).difference(held):
        raise ValidationError({"words": f"Customers' words need a key with the scope {min(lacking)}."}, code="scope")


def _check_read(request: Request, needed: frozenset[str]) -> None:
    """Where what an endpoint hears is sent, and that it is sent once more, is for keys that may read it."""
    key: Any = request.auth  # as above
    if lacking := needed.difference(key.scopes):
        raise PermissionDenied(f"For what this endpoint hears a key needs the scope {min(lacking)}.", code="scope")


def _check_body(request: Request, delivery: WebhookDelivery) -> None:
    """What a key may not read it does not read in what others were told either."""
    if isinstance(request.auth, ApiKey) and not delivery.needs().issubset(request.auth.scopes):
        delivery.body = ""


class WebhookView(PrivateView):
    scopes = dict.fromkeys(("GET", "POST", "PUT"), SCOPE)
    functions = {"GET": VIEW}

    def endpoint(self, request: Request, public_id: UUID) -> WebhookEndpoint:
        rows = WebhookEndpoint.objects.visible_to(principal_of(request), VIEW).select_related("unit")
        return get_object_or_404(rows, public_id=public_id)


class Endpoints(WebhookView):
    @extend_schema(
        operation_id="webhook_endpoints", summary="List endpoints", parameters=PAGE, responses=paged(EndpointOut)
    )
    def get(self, request: Request) -> Response:
        """Endpoints in sight."""
        refuse_unknown_parameters(request)
        rows, pages = WebhookEndpoint.objects.visible_to(principal_of(request), VIEW), Pages()
        page = pages.paginate_queryset(rows.select_related("unit"), request, self)
        return pages.get_paginated_response(EndpointOut(page, many=True).data)

    @extend_schema(
        operation_id="register_webhook",
        summary="Register an endpoint",
        request=EndpointIn,
        responses={201: NewEndpointOut},
    )
    def post(self, request: Request) -> Response:
        """Register an endpoint. The answer holds its secret, which is shown now and never again."""
        said = _said(EndpointIn, request)
        if not said.pop("enabled"):
            raise ValidationError({"enabled": "A new endpoint is enabled. Switch it off afterwards."})
        _check_scopes(request, said)
        said["unit"] = _place(request, said["unit"])
        endpoint, secret = WebhookEndpoint.register(**said, **_who(request))
        endpoint.secret = secret  # type: ignore[attr-defined]
        place = f"/api/v1/webhook-endpoints/{endpoint.public_id}"
        return Response(NewEndpointOut(endpoint).data, status=201, headers={"Location": place})


class OneEndpoint(WebhookView):
    @extend_schema(operation_id="webhook_endpoint", summary="Read an endpoint", responses=EndpointOut)
    def get(self, request: Request, public_id: UUID) -> Response:
        """An endpoint, without its secret."""
        refuse_unknown_parameters(request)
        return Response(EndpointOut(self.endpoint(request, public_id)).data)

    @extend_schema(
        operation_id="change_webhook", summary="Change an endpoint", request=EndpointIn, responses=EndpointOut
    )
    def put(self, request: Request, public_id: UUID) -> Response:
        """Change an endpoint, switch it off, or on again: then what waited is told."""
        endpoint, said = self.endpoint(request, public_id), _said(EndpointIn, request)
        _check_scopes(request, said)
        _check_read(request, endpoint.needs())
        said["unit"] = _place(request, said["unit"])
        endpoint.change(**said, **_who(request))
        return Response(EndpointOut(endpoint).data)


class Secrets(WebhookView):
    @extend_schema(
        operation_id="rotate_webhook_secret", summary="Rotate the secret", request=NothingIn, responses={201: SecretOut}
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """A new secret, shown now and never again. The one so far signs beside it for 24 hours."""
        endpoint = self.endpoint(request, public_id)
        _said(NothingIn, request)
        _check_read(request, endpoint.needs())
        return Response({"secret": endpoint.rotate(**_who(request))}, status=201)


class Tests(WebhookView):
    @extend_schema(operation_id="test_webhook", summary="Send a test", request=NothingIn, responses={201: DeliveryOut})
    def post(self, request: Request, public_id: UUID) -> Response:
        """Have the endpoint told `webhook.test`, to see that it works."""
        endpoint = self.endpoint(request, public_id)
        _said(NothingIn, request)
        return Response(DeliveryOut(send_test(endpoint=endpoint, at=timezone.now())).data, status=201)


class EndpointReplays(WebhookView):
    @extend_schema(
        operation_id="replay_webhooks", summary="Replay what was given up", request=ReplayIn, responses={201: ReplayOut}
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Tell again what was given up since a moment, each under its first webhook-id."""
        endpoint, said = self.endpoint(request, public_id), _said(ReplayIn, request)
        given_up = WebhookDelivery.objects.filter(endpoint=endpoint).given_up(since=said["since"])
        _check_read(request, endpoint.needs() | given_up.needs())
        return Response({"deliveries": given_up.replay(**_who(request))}, status=201)


FILTERS = [
    OpenApiParameter("endpoint", UUID, description="Id of an endpoint."),
    OpenApiParameter("state", str, enum=State.values),
    OpenApiParameter("since", {"type": "string", "format": "date-time"}, description="Written from this moment on."),
]


class NewestFirst(Pages):
    ordering = "-id"


class DeliveryView(PrivateView):
    scopes = dict.fromkeys(("GET", "POST"), SCOPE)
    functions = {"GET": VIEW_DELIVERY}

    def delivery(self, request: Request, webhook_id: str) -> WebhookDelivery:
        rows = WebhookDelivery.objects.visible_to(principal_of(request), VIEW_DELIVERY)
        return get_object_or_404(rows.select_related("endpoint"), message_id=clean_line(webhook_id, limit=121))


class Deliveries(DeliveryView):
    @extend_schema(
        operation_id="webhook_deliveries",
        summary="List deliveries",
        parameters=[*FILTERS, *PAGE],
        responses=paged(DeliveryOut),
    )
    def get(self, request: Request) -> Response:
        """What was told, the newest first."""
        refuse_unknown_parameters(request, "endpoint", "state", "since")
        rows, pages = WebhookDelivery.objects.visible_to(principal_of(request), VIEW_DELIVERY), NewestFirst()
        page = pages.paginate_queryset(rows.filter(**_asked(request)).select_related("endpoint"), request, self)
        return pages.get_paginated_response(DeliveryOut(page, many=True).data)


def _asked(request: Request) -> dict[str, Any]:
    said, asked = request.query_params, dict[str, Any]()
    if (endpoint := said.get("endpoint")) is not None:
        try:
            asked["endpoint__public_id"] = UUID(endpoint)
        except ValueError as error:
            raise Http404 from error
    if (state := said.get("state")) is not None:
        if state not in State.values:
            raise ValidationError({"state": f"One of {', '.join(State.values)}."})
        asked["state"] = state
    if since := moment(request, "since"):
        asked["created_at__gte"] = since
    return asked


class OneDelivery(DeliveryView):
    @extend_schema(operation_id="webhook_delivery", summary="Read a delivery", responses=DeliveryDetailOut)
    def get(self, request: Request, webhook_id: str) -> Response:
        """A delivery with its body and every try. The body is empty where the key may not read what it tells of."""
        refuse_unknown_parameters(request)
        delivery = self.delivery(request, webhook_id)
        _check_body(request, delivery)
        return Response(DeliveryDetailOut(delivery).data)


class DeliveryReplays(DeliveryView):
    @extend_schema(
        operation_id="replay_webhook", summary="Replay a delivery", request=NothingIn, responses={201: ReplayOut}
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        """Tell it again under the same webhook-id, at once where it waits; 0 where it is on its way already."""
        delivery = self.delivery(request, webhook_id)
        _said(NothingIn, request)
        _check_read(request, delivery.endpoint.needs() | delivery.needs())
        told = WebhookDelivery.objects.filter(pk=delivery.pk).replay(**_who(request))
        return Response({"deliveries": told}, status=201)
