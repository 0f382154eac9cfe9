from distribution.admin.coaching import CommitmentAdmin, TalkAdmin, ThanksAdmin
from distribution.admin.digests import DigestAdmin
from distribution.admin.dispatches import DispatchAdmin
from distribution.admin.library import EntryAdmin, PolicyNoticeAdmin
from distribution.admin.subscriptions import SubscriptionAdmin
from distribution.admin.webhook_deliveries import WebhookDeliveryAdmin
from distribution.admin.webhooks import WebhookEndpointAdmin

__all__ = [
    "CommitmentAdmin",
    "DigestAdmin",
    "DispatchAdmin",
    "EntryAdmin",
    "PolicyNoticeAdmin",
    "SubscriptionAdmin",
    "TalkAdmin",
    "ThanksAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
]
