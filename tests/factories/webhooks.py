"""Endpoints that hear, and deliveries to them."""

from __future__ import annotations

from typing import Any

from crm.models import OrgUnit
from distribution.models import WebhookDelivery, WebhookEndpoint
from distribution.webhook_types import NAMES
from tests.factories.crm import NOW

LONG_AGO = NOW.replace(year=2025)


def endpoint(*, unit: OrgUnit, url: str = "https://hooks.example.org/", **fields: Any) -> WebhookEndpoint:
    """One that was there long ago and hears everything, with a secret."""
    return endpoint_and_secret(unit=unit, url=url, **fields)[0]


def endpoint_and_secret(*, unit: OrgUnit, url: str, **fields: Any) -> tuple[WebhookEndpoint, str]:
    """Wherever it leads: a sink of a test listens on a port and at an address that no receiver may have."""
    fields = {"name": f"Receiver {WebhookEndpoint.objects.count() + 1}", "types": list(NAMES), **fields}
    at = fields.pop("at", LONG_AGO)
    endpoint = WebhookEndpoint.objects.create(unit=unit, url=url, created_at=at, **fields)
    return endpoint, endpoint.rotate(at=at, by=None)


def delivery(endpoint: WebhookEndpoint, **fields: Any) -> WebhookDelivery:
    number = WebhookDelivery.objects.count() + 1
    return WebhookDelivery.objects.create(
        **{
            "endpoint": endpoint, "type": "webhook.test", "body": f'{{"n":{number}}}', "message_id": f"msg_{number}",
            "created_at": NOW, "due_at": NOW, **fields,
        }
    )  # fmt: skip
