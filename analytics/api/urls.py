"""Routes of analytics below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from analytics.api.scores import Scores

urlpatterns: list[URLPattern | URLResolver] = [
    path("scores", Scores.as_view(), name="api-scores"),
]
