"""Cursor pages: the same cost on page one and page one thousand, and no row twice when rows arrive meanwhile."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

MAX_ROWS = 200


class Pages(CursorPagination):
    """{"next", "previous", "results"}; `?limit=` rows a page. Subclass to change `ordering` (a unique column)."""

    page_size: int = 50
    max_page_size: int = MAX_ROWS
    page_size_query_param = "limit"
    ordering = "id"
    template = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (DjangoValidationError, ValueError) as error:
            if not request.query_params.get("cursor"):
                raise
            raise _bad_cursor() from error

    def decode_cursor(self, request: Request) -> Any:
        cursor = super().decode_cursor(request)
        if cursor is not None and "\x00" in str(cursor.position or ""):
            raise _bad_cursor()
        return cursor

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get("limit")
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and len(asked) <= 4 and 1 <= int(asked) <= MAX_ROWS):
            raise ValidationError({"limit": f"Give a whole number from 1 to {MAX_ROWS}."})
        return int(asked)


def _bad_cursor() -> ValidationError:
    return ValidationError({"cursor": "This is not a cursor that we gave out. Start again without it."})


def refuse_unknown_parameters(request: Request, *known: str) -> None:
    """A misspelt filter must not answer with everything: 422 that names it. `cursor` and `limit` are always known."""
    unknown = sorted(set(request.query_params) - {"cursor", "limit", *known})
    if unknown:
        raise ValidationError({name[:100]: "Unknown parameter." for name in unknown[:20]})
