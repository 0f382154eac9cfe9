"""Cursor pages: the same cost on page one and page one thousand, and no row twice when rows arrive meanwhile."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Q
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

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


class ChangePages(Pages):
    """Rows in the order in which they changed: by `moment`, and by id where many changed at once. `next` alone: who
    follows changes goes forward."""

    moment: str = "updated_at"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        size = self.get_page_size(request)
        rows = queryset.order_by(self.moment, "pk")
        if cursor := request.query_params.get("cursor"):
            at, pk = _after(cursor)
            later = Q(**{f"{self.moment}__gt": at}) | Q(pk__gt=pk)
            rows = rows.filter(later, **{f"{self.moment}__gte": at})
        found = list(rows[: size + 1])
        self.request, self.last = request, found[size - 1] if len(found) > size else None
        return found[:size]

    def get_next_link(self) -> str | None:
        if self.last is None:
            return None
        place = f"{getattr(self.last, self.moment).isoformat()}|{self.last.pk}"
        cursor = urlsafe_b64encode(place.encode()).decode().rstrip("=")
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def get_previous_link(self) -> None:
        return None


def _after(cursor: str) -> tuple[datetime, int]:
    try:
        place = urlsafe_b64decode(cursor[:200] + "=" * (-len(cursor[:200]) % 4)).decode("ascii")
        moment, _, pk = place.partition("|")
        at, number = datetime.fromisoformat(moment), int(pk)
        if at.utcoffset() is None or not 0 <= number < 2**63:
            raise _bad_cursor()
        return at.astimezone(UTC), number  # the database knows no offset beyond 16 hours
    except (ValueError, OverflowError) as error:  # of base64, ASCII, the moment, the number; in the year 0
        raise _bad_cursor() from error


def _bad_cursor() -> ValidationError:
    return ValidationError({"cursor": "This is not a cursor that we gave out. Start again without it."})


def refuse_unknown_parameters(request: Request, *known: str) -> None:
    """A misspelt filter must not answer with everything: 422 that names it. `cursor` and `limit` are always known."""
    unknown = sorted(set(request.query_params) - {"cursor", "limit", *known})
    if unknown:
        raise ValidationError({name[:100]: "Unknown parameter." for name in unknown[:20]})
