"""Routes of surveys below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from surveys.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("responses", views.ResponseList.as_view(), name="api-responses"),
    path("responses/<path:external_id>", views.ResponseDetail.as_view(), name="api-response"),
]
