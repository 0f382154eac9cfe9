"""Addresses at which things go wrong, for the tests of what a visitor gets then."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


def lose_the_database(request: HttpRequest, token: str = "") -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")
    return HttpResponse("never")


def stumble(request: HttpRequest, token: str = "") -> HttpResponse:
    raise ValueError("ines@example.org is not a number")


urlpatterns = [
    path("lost/<str:token>/", lose_the_database),
    path("api/lost/", lose_the_database),
    path("stumble/<str:token>/", stumble),
    path("api/stumble/", stumble),
]
handler500 = "common.views.broken"
