from distribution.models.digests import Digest
from distribution.models.dispatches import Dispatch
from distribution.models.sign_in_attempts import SignInAttempt
from distribution.models.webhook_deliveries import WebhookDelivery, WebhookTry
from distribution.models.webhooks import WebhookEndpoint, WebhookSecret

__all__ = [
    "Digest",
    "Dispatch",
    "SignInAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
    "WebhookTry",
]
