from distribution.admin.coaching import CommitmentAdmin, TalkAdmin, ThanksAdmin
from distribution.admin.digests import DigestAdmin
from distribution.admin.dispatches import DispatchAdmin
from distribution.admin.huddles import HuddleActionAdmin, HuddleAdmin
from distribution.admin.library import EntryAdmin, PolicyNoticeAdmin
from distribution.admin.news import NewsAdmin
from distribution.admin.subscriptions import SubscriptionAdmin
from distribution.admin.webhook_deliveries import WebhookDeliveryAdmin
from distribution.admin.webhooks import WebhookEndpointAdmin

__all__ = [
    "CommitmentAdmin",
    "DigestAdmin",
    "DispatchAdmin",
    "EntryAdmin",
    "HuddleActionAdmin",
    "HuddleAdmin",
    "NewsAdmin",
    "PolicyNoticeAdmin",
    "SubscriptionAdmin",
    "TalkAdmin",
    "ThanksAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
]
