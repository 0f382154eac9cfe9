from distribution.models.digests import Digest
from distribution.models.dispatches import Dispatch
from distribution.models.huddles import Huddle, HuddleAction, HuddleAttendance, HuddleElevation, HuddleSeries
from distribution.models.library import Acknowledgement, Entry, Kind, PolicyNotice, Quote, Standing, Story
from distribution.models.news import News
from distribution.models.quiet_hours import QuietHours
from distribution.models.sign_in_attempts import SignInAttempt
from distribution.models.subscriptions import Subscription, SubscriptionRun
from distribution.models.talks import Commitment, Remark, Settlement, Talk
from distribution.models.thanks import Thanks
from distribution.models.webhook_deliveries import WebhookDelivery, WebhookTry
from distribution.models.webhooks import WebhookEndpoint, WebhookSecret

__all__ = [
    "Acknowledgement",
    "Commitment",
    "Digest",
    "Dispatch",
    "Entry",
    "Huddle",
    "HuddleAction",
    "HuddleAttendance",
    "HuddleElevation",
    "HuddleSeries",
    "Kind",
    "News",
    "PolicyNotice",
    "QuietHours",
    "Quote",
    "Remark",
    "Settlement",
    "SignInAttempt",
    "Standing",
    "Story",
    "Subscription",
    "SubscriptionRun",
    "Talk",
    "Thanks",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
    "WebhookTry",
]
