"""Keys of other systems: Authorization: Bearer sk_..."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from crm.models import ApiKey
from crm.models.api_keys import digest

USED_EVERY = timedelta(minutes=1)  # a busy key must not turn every request into a write
MAX_KEY = 200


class ApiKeyAuthentication(BaseAuthentication):
    """The key's hash is looked up; unknown, expired and revoked keys get one answer, so that none can be told apart."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        at = timezone.now()
        key = _find(words[1:])
        if key is None or not key.valid_at(at):
            raise AuthenticationFailed("This key is not valid. Ask whoever issued it for another.", code="invalid_key")
        _note_use(key, at)
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _find(words: list[bytes]) -> ApiKey | None:
    if len(words) != 1 or len(words[0]) > MAX_KEY:
        return None
    return ApiKey.objects.select_related("unit").filter(digest=digest(words[0].decode("latin-1"))).first()


def _note_use(key: ApiKey, at: datetime) -> None:
    if key.last_used_at is None or key.last_used_at <= at - USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """Tells the schema how to send a key."""

    target_class = "crm.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key issued in the console, sk_..."}
