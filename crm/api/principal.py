"""Who is asking: what `visible_to` wants to know of a request."""

from __future__ import annotations

from rest_framework.request import Request

from crm.models import ApiKey
from crm.sight import Principal


def principal_of(request: Request) -> Principal:
    """The API key that came with the request, else the person signed in (or nobody)."""
    return request.auth if isinstance(request.auth, ApiKey) else request.user
