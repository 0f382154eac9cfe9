"""Routes of distribution below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from distribution.api import webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("webhook-endpoints", webhooks.Endpoints.as_view(), name="api_webhooks"),
    path("webhook-endpoints/<uuid:public_id>", webhooks.OneEndpoint.as_view(), name="api_webhook"),
    path("webhook-endpoints/<uuid:public_id>/secrets", webhooks.Secrets.as_view(), name="api_webhook_secrets"),
    path("webhook-endpoints/<uuid:public_id>/tests", webhooks.Tests.as_view(), name="api_webhook_tests"),
    path("webhook-endpoints/<uuid:public_id>/replays", webhooks.EndpointReplays.as_view(), name="api_webhook_replays"),
    path("webhook-deliveries", webhooks.Deliveries.as_view(), name="api_deliveries"),
    path("webhook-deliveries/<str:webhook_id>", webhooks.OneDelivery.as_view(), name="api_delivery"),
    path(
        "webhook-deliveries/<str:webhook_id>/replays", webhooks.DeliveryReplays.as_view(), name="api_delivery_replays"
    ),
]
