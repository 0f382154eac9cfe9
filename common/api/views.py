"""What every route of the API stands on, and the answer for addresses that do not exist."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.api.idempotency import once, read_ahead
from common.api.limits import Left, TooMany, cost_of, spend

WRITES = ("post", "put", "patch", "delete")


class PrivateView(APIView):
    """A route whose answers no cache may keep: they depend on who asks, and hold personal data. What it does it does
    once for each Idempotency-Key, and as often as the caller's rate limit allows."""

    left: Left | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in WRITES:
            if name in vars(cls):
                setattr(cls, name, once(vars(cls)[name]))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        read_ahead(request)  # the check of a session's CSRF token parses the body
        try:
            super().initial(request, *args, **kwargs)
        except (AuthenticationFailed, NotAuthenticated, PermissionDenied):
            self._spend(request, 1)  # whoever tries keys, or doors, does not try for ever
            raise

    def check_throttles(self, request: Request) -> None:
        """One unit, and what a list costs more, before its work is begun; one for what cannot be read."""
        try:
            sent = request.data if request.method in {"POST", "PUT", "PATCH"} else None
        except APIException:
            self._spend(request, 1)
            raise
        self._spend(request, cost_of(sent))

    def _spend(self, request: Request, cost: int) -> None:
        try:
            self.left = spend(request, cost, at=timezone.now())
        except TooMany as refusal:
            self.left = refusal.left
            raise

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        for name, value in (self.left.headers if self.left else {}).items():
            final[name] = value
        return final


@extend_schema(exclude=True)
class NoSuchRoute(PrivateView):
    """An unknown address below /api/ answers in the one error shape too, with any method and any key, and costs one
    unit. One with a slash too many, or too few, leads to the route that was meant."""

    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before any method is looked for."""
        with suppress(APIException):
            self.perform_authentication(request)  # whose unit it is
        self._spend(request, 1)
        if self._meant(request) is None:
            raise Http404

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Every method ends here, since the view has none of its own."""
        return HttpResponsePermanentRedirect(self._meant(request) or "/", preserve_request=True)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return self.http_method_not_allowed(request)

    def _meant(self, request: Request) -> str | None:
        path = request._request.path
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        with suppress(Resolver404):
            if getattr(resolve(other).func, "view_class", None) is not type(self):
                query = request._request.META.get("QUERY_STRING")
                return f"{quote(other)}?{query}" if query else quote(other)
        return None
