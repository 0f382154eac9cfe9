"""The API's own pages: its documentation, and the answer for addresses that do not exist."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.http import Http404
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView


# swagger-ui writes style attributes; its script stays a file of ours, so scripts keep the strict rule
@method_decorator(csp_replace({"style-src": ["'self'", "'unsafe-inline'"]}), name="dispatch")
class DocsPage(SpectacularSwaggerSplitView):
    """Every route with its shapes, to read and to try, from files of our own."""


class PrivateView(APIView):
    """A route whose answers no cache may keep: they depend on who asks, and hold personal data."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        return final


@extend_schema(exclude=True)
class NoSuchRoute(APIView):
    """An unknown address below /api/ answers in the one error shape too, with any method."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before any method is looked for."""
        raise Http404
