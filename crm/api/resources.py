"""The two addresses that every resource has: the list (GET, POST) and one row by its external id (GET, PUT)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from common.api.pagination import MAX_ROWS, Pages, refuse_unknown_parameters
from common.api.serializers import CleanLine
from common.api.views import PrivateView
from common.text import clean_line
from crm.api.parameters import line
from crm.api.principal import principal_of
from crm.api.serializers import ItemRow, ListRow
from crm.models import ApiKey
from crm.services.arriving import ItemResult
from crm.sight import Principal

MAX_ITEMS = 5000
AGAIN = "Known by source and external id: sent again, it changes nothing."
SOURCE = OpenApiParameter("source", str, description="Which source gave the id. A key's own when left out.")
PAGE = [
    OpenApiParameter("cursor", str),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_ROWS}, description="Rows a page."),
]


@dataclass(frozen=True)
class Offer:
    """What a resource is made of. `rows(principal, function)`: what may be seen, with all that is shown of it."""

    name: str  # in the address
    scope: str  # what a key needs
    function: str  # what a person needs to read; people do not write here
    rows: Callable[[Principal, str | None], QuerySet[Any]]
    output: type[Serializer[Any]]
    shape: type[Serializer[Any]]
    ingest: Callable[..., list[ItemResult]]
    listed: Callable[[Principal, str | None], QuerySet[Any]] | None = None  # as `rows`, in the way that suits a list
    reads: str = ""  # a scope that is enough to read


class Resource(PrivateView):
    """What the list and the single row share."""

    offer: Offer

    @property
    def scopes(self) -> dict[str, str | tuple[str, ...]]:
        reads = (self.offer.reads, self.offer.scope) if self.offer.reads else self.offer.scope
        return {"GET": reads, "POST": self.offer.scope, "PUT": self.offer.scope}

    @property
    def functions(self) -> dict[str, str]:
        return {"GET": self.offer.function}

    def function(self, request: Request) -> str | None:
        return None if isinstance(request.auth, ApiKey) else self.offer.function

    def visible(self, request: Request) -> QuerySet[Any]:
        return self.offer.rows(principal_of(request), self.function(request))

    def listed(self, request: Request) -> QuerySet[Any]:
        return (self.offer.listed or self.offer.rows)(principal_of(request), self.function(request))

    def take(self, items: list[Any], request: Request) -> list[ItemResult]:
        key: Any = request.auth  # HasScope lets nobody write without a key
        return self.offer.ingest(items, source=key.source, at=timezone.now(), principal=key)

    def answer(self, result: ItemResult) -> Response:
        """For an item sent alone: 201 new, 200 known, 422 rejected."""
        if result.status == "rejected":
            return Response({"errors": result.errors}, status=422)
        if result.status != "created":
            return Response(ItemRow(result).data)
        place = f"/api/v1/{self.offer.name}/{quote(str(result.external_id), safe='')}"
        return Response(ItemRow(result).data, status=201, headers={"Location": place})


class Collection(Resource):
    filters: ClassVar[dict[str, str]] = {"source": "Only rows of this source."}  # parameter: what it does

    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, *self.filters)
        pages = self.pages(request)
        found = pages.paginate_queryset(self.filtered(self.listed(request), request), request, self)
        return pages.get_paginated_response(self.offer.output(found, many=True).data)

    def filtered(self, rows: QuerySet[Any], request: Request) -> QuerySet[Any]:
        source = line(request, "source", limit=61)
        return rows.filter(source=source) if source else rows

    def pages(self, request: Request) -> Pages:
        return Pages()

    def post(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        body = _body(request)
        if not isinstance(body, list):
            return self.answer(self.take([body], request)[0])
        if len(body) > MAX_ITEMS:
            raise ValidationError(f"Send at most {MAX_ITEMS:,} items at once.", code="too_many")
        return Response(ListRow({"results": self.take(body, request)}).data)


class Single(Resource):
    def get(self, request: Request, external_id: str) -> Response:
        refuse_unknown_parameters(request, "source")
        row = self.named(external_id, request).first()
        if row is None:
            raise Http404
        return Response(self.offer.output(row).data)

    def named(self, external_id: str, request: Request) -> QuerySet[Any]:
        """The row with that id, if it is in sight."""
        source = line(request, "source", limit=61) or getattr(request.auth, "source", "")
        if not source:
            raise ValidationError({"source": "Say which source gave the id."}, code="required")
        rows = self.visible(request)
        longest = rows.model._meta.get_field("external_id").max_length or 0
        return rows.filter(source=source, external_id=clean_line(external_id, limit=longest + 1))

    def put(self, request: Request, external_id: str) -> Response:
        refuse_unknown_parameters(request)
        item = _body(request)
        if isinstance(item, dict):
            if item.get("external_id", external_id) != external_id:
                raise ValidationError({"external_id": "Another id stands in the address."})
            item = {**item, "external_id": external_id}
        return self.answer(self.take([item], request)[0])


def _body(request: Request) -> Any:
    """What was sent. DRF takes a body without length for an empty object, which for customers would be a valid one."""
    if request.META.get("CONTENT_LENGTH") in (None, "", "0"):
        raise ParseError("Send a JSON body with its Content-Length.", code="no_body")
    return request.data


def described(filters: dict[str, str]) -> list[OpenApiParameter]:
    return [OpenApiParameter(name, str, description=text) for name, text in filters.items()]


def documented(view: Any) -> Any:
    """Tell the schema what a resource takes and answers."""
    offer: Offer = view.offer
    if issubclass(view, Collection):
        name = offer.output.__name__
        page = extend_schema(
            operation_id=f"{offer.name.replace('-', '_')}_list",
            summary=f"List {offer.name}",
            parameters=[*described(view.filters), *PAGE],
            responses=paged(offer.output),
        )
        post = extend_schema(
            summary=f"Send {offer.name}, one or up to {MAX_ITEMS:,}",
            description=f"One item, or a list of them, each the whole row as its source knows it. {AGAIN}",
            request=_either(f"{name}Input", offer.shape, offer.shape(many=True)),
            responses={200: _either("ItemOrList", ItemRow, ListRow), 201: ItemRow},
        )
        return extend_schema_view(get=page, post=post)(view)
    one = extend_schema(summary=f"Read one of the {offer.name}", parameters=[SOURCE], responses=offer.output)
    put = extend_schema(
        summary=f"Send one of the {offer.name} at its address",
        description=f"The whole row as its source knows it. {AGAIN}",
        request=_addressed(offer.shape),
        responses={200: ItemRow, 201: ItemRow},
    )
    return extend_schema_view(get=one, put=put)(view)


def _addressed(shape: type[Serializer[Any]]) -> type[Serializer[Any]]:
    """`shape` as PUT takes it: the id stands in the address and may be left out of the body."""
    known: Any = shape().fields["external_id"]
    own_id = CleanLine(max_length=known.max_length, required=False, help_text="As in the address, or left out.")
    return type(f"Addressed{shape.__name__}", (shape,), {"external_id": own_id})


def paged(output: type[Serializer[Any]]) -> type[Serializer[Any]]:
    """The shape of one page of `output`."""
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": output(many=True),
    }
    return type(f"{output.__name__}Page", (serializers.Serializer,), fields)


def _either(name: str, *shapes: Any) -> PolymorphicProxySerializer:
    return PolymorphicProxySerializer(
        component_name=name, serializers=list(shapes), resource_type_field_name=None, many=False
    )
