"""Pages of the machine itself."""

from __future__ import annotations

from django.urls import path

from common.views import healthz, show_metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("metrics", show_metrics, name="metrics"),
]
