"""Webhook endpoints and deliveries as other systems read and write them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from closedloop.api.serializers import Known
from common.api.serializers import CleanLine, Instant, StrictBoolean, StrictSerializer
from common.egress import LONGEST
from crm.shapes import Reference
from distribution.models import WebhookDelivery, WebhookEndpoint, WebhookTry
from distribution.models.webhooks import validate_url
from distribution.webhook_types import NAMES, SAID_IN_CHATS


class EndpointOut(serializers.ModelSerializer[WebhookEndpoint]):
    id = serializers.UUIDField(source="public_id")
    unit = Known()
    enabled = serializers.BooleanField(source="is_enabled")

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id", "name", "form", "url", "types", "unit", "words", "enabled", "disabled_at", "disabled_why", "failures",
            "failing_since", "created_at",
        ]  # fmt: skip


class SecretOut(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="whsec_ and base64; shown now and never again.")


class NewEndpointOut(EndpointOut):
    """The endpoint and its secret, which is shown now and never again."""

    secret = serializers.CharField()

    class Meta(EndpointOut.Meta):
        fields = [*EndpointOut.Meta.fields, "secret"]


class TypesField(serializers.ListField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=serializers.ChoiceField(choices=NAMES), allow_empty=False, max_length=len(NAMES), **kwargs
        )


class EndpointIn(StrictSerializer):
    """An endpoint as it is to be, all of it. `enabled` switches it off and on."""

    name = CleanLine(max_length=120)
    form = serializers.ChoiceField(
        choices=WebhookEndpoint.Form.choices, required=False, default=WebhookEndpoint.Form.JSON,
        help_text="slack and teams: alerts and tickets in words, for the incoming webhook of a channel.",
    )  # fmt: skip
    url = CleanLine(max_length=LONGEST, validators=[validate_url])
    types = TypesField()
    unit = Reference()
    words = StrictBoolean(required=False, default=False, help_text="May the bodies hold what customers wrote?")
    enabled = StrictBoolean(required=False, default=True)

    def validate_types(self, names: list[str]) -> list[str]:
        if len(set(names)) < len(names):
            raise ValidationError("A type is named twice.")
        return names

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        unsaid = sorted(set(said["types"]) - SAID_IN_CHATS)
        if said["form"] != WebhookEndpoint.Form.JSON and unsaid:
            raise ValidationError({"types": f"A chat is told of alerts and tickets only, not of {unsaid[0]}."})
        return said


class TryOut(serializers.ModelSerializer[WebhookTry]):
    class Meta:
        model = WebhookTry
        fields = ["number", "at", "status", "milliseconds", "reply"]


class DeliveryOut(serializers.ModelSerializer[WebhookDelivery]):
    id = serializers.CharField(source="message_id", help_text="The webhook-id.")
    endpoint = serializers.UUIDField(source="endpoint.public_id")

    class Meta:
        model = WebhookDelivery
        fields = [
            "id", "endpoint", "type", "state", "status", "created_at", "due_at", "attempts", "handed_off_at", "reply",
        ]  # fmt: skip


class DeliveryDetailOut(DeliveryOut):
    tries = TryOut(many=True)

    class Meta(DeliveryOut.Meta):
        fields = [*DeliveryOut.Meta.fields, "body", "tries"]


class ReplayIn(StrictSerializer):
    since = Instant(help_text="What was written from then on and given up is told again.")


class NothingIn(StrictSerializer):
    """An empty object: {}."""


class ReplayOut(serializers.Serializer[Any]):
    deliveries = serializers.IntegerField(help_text="How many are told again.")
