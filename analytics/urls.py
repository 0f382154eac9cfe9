"""Pages of analytics."""

from django.urls import URLPattern, URLResolver, path

from analytics.views.insights import insights

urlpatterns: list[URLPattern | URLResolver] = [
    path("insights/", insights, name="insights"),
]
