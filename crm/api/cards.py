"""/api/v1/customers/{external_id}/card: the shopkeeper's card for whoever speaks with the customer."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.dataclass_rows import serializer_of
from common.api.pagination import refuse_unknown_parameters
from common.api.views import PrivateView
from common.text import clean_line
from crm.api.principal import principal_of
from crm.api.resources import SOURCE
from crm.api.serializers import RowId
from crm.cards import FUNCTION, SCOPE, Section, sections
from crm.services.card.building import Card, card_of


class CardCustomer(RowId):
    """Who it is; the details that count among the rows of the person."""

    name = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    segment = serializers.CharField(allow_blank=True)
    unit = RowId(allow_null=True)
    also_known_as = RowId(many=True, help_text="Other rows of the same person, in sight.")


_made: dict[tuple[Section, ...], type[serializers.Serializer[Any]]] = {}


class CardRow(serializers.Serializer[Any]):
    """The card. A section that is not for the caller is null and named in `withheld`."""

    at = serializers.DateTimeField(help_text="When it was put together.")
    customer = CardCustomer()
    do = serializers.ListField(child=serializers.CharField(), help_text="What to do, from all that is known.")
    avoid = serializers.ListField(child=serializers.CharField(), help_text="What to avoid.")
    withheld = serializers.ListField(child=serializers.CharField())

    def get_fields(self) -> Any:
        return {**super().get_fields(), "sections": _sections()()}


def _sections() -> type[serializers.Serializer[Any]]:
    """What the apps registered, each under its name."""
    known = tuple(sections())
    if known not in _made:
        told = {section.name: serializer_of(section.shape)(allow_null=True) for section in known}
        _made[known] = type("CardSections", (serializers.Serializer,), told)
    return _made[known]


def answer(card: Card) -> dict[str, Any]:
    """What the API says of a card."""
    subject, profile = card.subject, card.profile
    customer = {
        "source": subject.customer.source,
        "external_id": subject.customer.external_id,
        "name": profile.name,
        "language": profile.language,
        "segment": profile.segment,
        "unit": profile.unit or None,
        "also_known_as": subject.seen[1:],
    }
    told = {chapter.section.name: chapter.data for chapter in card.chapters}
    said = {"at": subject.at, "customer": customer, "do": card.do, "avoid": card.avoid}
    return {**said, "sections": told, "withheld": card.withheld}


class CustomerCard(PrivateView):
    """The shopkeeper's card of a customer in sight."""

    scopes = {"GET": SCOPE}
    functions = {"GET": FUNCTION}

    @extend_schema(
        operation_id="customer_card", summary="The shopkeeper's card", parameters=[SOURCE], responses=CardRow
    )
    def get(self, request: Request, external_id: str) -> Response:
        """Last words, score path, open promises, how to reach them, value, offer, what to do and to avoid."""
        refuse_unknown_parameters(request, "source")
        source = request.query_params.get("source") or getattr(request.auth, "source", "")
        if not source:
            raise ValidationError({"source": "Say which source gave the id."}, code="required")
        card = card_of(
            source=clean_line(source, limit=61), external_id=clean_line(external_id, limit=121),
            principal=principal_of(request), at=timezone.now(),
        )  # fmt: skip
        if card is None:
            raise Http404
        return Response(CardRow(answer(card)).data)
