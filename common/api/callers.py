"""Who is asking, as a name: what rate limits and stored answers hang on."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request


def caller_of(request: Request) -> str:
    """ "key:4f0c..." (the same for a key and its successor) or "person:12"; empty for nobody."""
    if name := getattr(request.auth, "caller", ""):
        return str(name)
    return f"person:{request.user.pk}" if request.user and request.user.is_authenticated else ""


def address_of(request: Request | HttpRequest) -> str:
    """Where a request comes from; behind a proxy of ours, what that proxy saw: the last address, which no caller can
    write."""
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if settings.SECURE_PROXY_SSL_HEADER:
        seen = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip() or seen
    return seen[:64]
