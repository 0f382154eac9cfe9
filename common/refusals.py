"""The one error shape, for whoever answers before the API's own views are reached: middleware and error pages."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse

API = "/api/"


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API)


def refusal(*, status: int, kind: str, code: str, message: str, headers: dict[str, str] | None = None) -> JsonResponse:
    """`kind`: client or server; as `common.api.errors` answers inside the API."""
    error = {"type": kind, "code": code, "field": None, "message": message}
    return JsonResponse({"errors": [error]}, status=status, headers=headers or {})
