"""What the builder of conditions asks the server: what can be compared, which values are known, what it finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from common.conditions.compiling import WrongCondition, compile_condition
from common.conditions.counting import Found, count, newest
from common.conditions.describing import offered
from common.conditions.naming import names_in
from common.conditions.places import Place, place_named
from common.conditions.wording import in_words

DAYS = 30
SHOWN = 6  # units
LONGEST = 100  # characters of a search


def placed(view: Callable[[HttpRequest, Place], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """A view about the place of that name; to whoever may not build there, it is not there."""

    @wraps(view)
    def seen(request: HttpRequest, name: str) -> HttpResponse:
        place = place_named(name)
        user: Any = request.user
        if place is None or not user.has_perm(place.function):
            raise Http404
        return view(request, place)

    return seen


@placed
@require_GET
def leaves(_request: HttpRequest, place: Place) -> HttpResponse:
    """What may be compared, in groups."""
    return JsonResponse({"leaves": offered(place.vocabulary)})


@placed
@require_GET
def values(request: HttpRequest, place: Place) -> HttpResponse:
    """Known values of ?leaf= that have ?words= in them."""
    leaf = place.vocabulary.get_filters().get(request.GET.get("leaf", ""))
    suggest = getattr(leaf, "suggest", None)
    words = request.GET.get("words", "")[:LONGEST].replace("\0", "")
    found = suggest(place.rows(request.user), words, request.user) if suggest else []
    return JsonResponse({"values": [{"value": each.value, "label": each.label} for each in found]})


@placed
@require_POST
def preview(request: HttpRequest, place: Place) -> HttpResponse:
    """How many rows (of the last 30 days, where they have a moment) the condition in the body is true of, where, and
    some of them; or what is wrong."""
    try:
        tree = parsed(request.body)
        condition = compile_condition(tree, place.vocabulary)
    except WrongCondition as wrong:
        return JsonResponse({"wrong": {"path": wrong.path, "message": wrong.said}})
    except ValidationError as error:
        return JsonResponse({"wrong": {"path": "condition", "message": " ".join(error.messages)}})
    rows = _lately(place.rows(request.user), place.at)
    found = count(rows, condition, place.where)
    some = newest(rows, condition, place.at, found, place.shown)
    names = names_in(tree, place.vocabulary, request.user)
    page = {
        "found": found, "place": place, "days": DAYS if place.at else 0, "units": _units(place, found),
        "columns": place.columns, "words": in_words(tree, place.vocabulary, names),
        "rows": place.sample(some),
        "outcome": place.outcome(rows.filter(condition)) if place.outcome and found.exact else "",
    }  # fmt: skip
    html = render_to_string("admin/console/condition_preview.html", page)
    return JsonResponse({"wrong": None, "count": found.total, "exact": found.exact, "names": names, "html": html})


def parsed(body: bytes | str) -> Any:
    """The tree in a request's body. Raises WrongCondition."""
    try:
        return json.loads(body or "{}")
    except (ValueError, RecursionError) as error:
        raise WrongCondition("condition", "this is no JSON that can be read") from error


def _lately(rows: QuerySet[Any], at: str) -> QuerySet[Any]:
    """The rows of the last days; all of them where they have no moment."""
    now = timezone.now()
    return rows.filter(**{f"{at}__range": (now - timedelta(days=DAYS), now)}) if at else rows


def _units(place: Place, found: Found) -> dict[str, Any]:
    """The units with most rows, by name, and how many more there are."""
    most = sorted(found.by_unit, key=lambda unit: (-found.by_unit[unit], unit or 0))[:SHOWN]
    meta: Any = place.rows(None).model._meta
    field: Any = meta.get_field(place.where)
    named = field.related_model._base_manager.in_bulk([unit for unit in most if unit])
    return {
        "most": [(str(named.get(unit, "no unit")), found.by_unit[unit]) for unit in most],
        "more": len(found.by_unit) - len(most),
    }
