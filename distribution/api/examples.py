"""Examples of distribution's operations (`common/api/example.py` says how), on an endpoint of Harbour that stands."""

from __future__ import annotations

from typing import Any

from common.api.example import Example, Examples
from crm.api.examples.answers import page

ID = "6f1d3a52-0c7e-4c1b-9a5e-2b7d4e8f9a10"
WEBHOOK_ID = "msg_2f1d6c0f5f8b4d0e9d1c2b3a4f5e6d7c"
HERE, TOLD = {"public_id": ID}, {"webhook_id": WEBHOOK_ID}
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WANTED: dict[str, Any] = {
    "name": "Harbour's till", "url": "https://till.example.org/hooks/shopkeeper",
    "types": ["ticket.opened", "ticket.closed"], "unit": "harbour",
}  # fmt: skip
ENDPOINT: dict[str, Any] = {
    "id": ID, "name": "Harbour's till", "form": "json", "url": "https://till.example.org/hooks/shopkeeper",
    "types": ["ticket.opened", "ticket.closed"],
    "unit": {"source": "crm", "external_id": "harbour", "name": "Harbour"}, "words": False, "enabled": True,
    "disabled_at": None, "disabled_why": "", "failures": 0, "failing_since": None,
    "created_at": "2026-11-20T09:00:00Z",
}  # fmt: skip
DELIVERY: dict[str, Any] = {
    "id": WEBHOOK_ID, "endpoint": ID, "type": "webhook.test", "state": "failed", "status": 500,
    "created_at": "2026-11-20T10:00:00Z", "due_at": "2026-11-23T13:35:05Z", "attempts": 10, "handed_off_at": None,
    "reply": "gave up after 10 tries: 500 out of order",
}  # fmt: skip
TRIES = [{"number": 10, "at": "2026-11-23T13:35:05Z", "status": 500, "milliseconds": 41, "reply": "500 out of order"}]
NEW: dict[str, Any] = {**DELIVERY, "state": "pending", "status": None, "attempts": 0, "reply": ""}

EXAMPLES: Examples = {
    "webhook_endpoints": [Example("Who is told what", answer=page(ENDPOINT))],
    "webhook_endpoint": [Example("An endpoint", path=HERE, answer=ENDPOINT)],
    "register_webhook": [
        Example(
            "A new endpoint", body=WANTED, status=201, answer={**ENDPOINT, "secret": SECRET},
            text="Keep the secret: it is shown now and never again.",
        ),
    ],
    "change_webhook": [
        Example(
            "Words too", path=HERE, body={**WANTED, "words": True}, answer={**ENDPOINT, "words": True},
            text="From now on bodies hold what customers wrote.",
        ),
    ],
    "webhook_deliveries": [
        Example("What was given up", query={"endpoint": ID, "state": "failed"}, answer=page(DELIVERY)),
    ],
    "webhook_delivery": [
        Example(
            "A delivery and its tries", path=TOLD,
            answer={**DELIVERY, "body": '{"type":"webhook.test"}', "tries": TRIES},
        ),
    ],
    "replay_webhook": [Example("Told again", path=TOLD, body={}, status=201, answer={"deliveries": 1})],
    "replay_webhooks": [
        Example(
            "All that was given up since Friday", path=HERE, body={"since": "2026-11-20T00:00:00Z"}, status=201,
            answer={"deliveries": 0},
        ),
    ],
    "rotate_webhook_secret": [Example("A new secret", path=HERE, body={}, status=201, answer={"secret": SECRET})],
    "test_webhook": [Example("A test", path=HERE, body={}, status=201, answer=NEW)],
}  # fmt: skip
