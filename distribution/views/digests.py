from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from distribution.services.reading import digests_of, find_digest, my_units, newest_digests, read
from distribution.services.thanking import passings

PAGE = 50


@require_safe
@login_required
def today(request: HttpRequest) -> HttpResponse:
    """This morning's digest of one's unit; of several, the choice."""
    at = timezone.now()
    page = Paginator(my_units(request.user, at=at), PAGE).get_page(request.GET.get("page"))
    newest = newest_digests(page.object_list, at=at)
    if page.paginator.count == 1 and newest:
        return redirect(next(iter(newest.values())))
    rows = [{"unit": unit, "digest": newest.get(unit.pk)} for unit in page.object_list]
    return render(request, "distribution/today.html", {"rows": rows, "page": page})


@require_safe
@login_required
def digest(request: HttpRequest, unit: str, day: date) -> HttpResponse:
    """A unit's digest of a day, as it was frozen, with what was settled since."""
    found = find_digest(principal=request.user, unit=unit, day=day)
    context: dict[str, Any] = {
        "reading": read(found, principal=request.user),
        "digest": found,
        "content": found.content,
        "passings": passings(found.content, principal=request.user),
    }
    with timezone.override(found.content["unit"]["zone"]):
        return render(request, "distribution/digest.html", context)


@require_safe
@login_required
def branch(request: HttpRequest, unit: str) -> HttpResponse:
    """A unit's newest digest."""
    found = digests_of(request.user, unit).order_by("-day").first()
    if found is None:
        raise Http404
    return redirect(found)
