from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from distribution.services.linking import opened_by
from distribution.services.printing import NoPaperError, can_print, printed
from distribution.services.reading import (
    Reading,
    digests_of,
    find_digest,
    my_units,
    newest_digests,
    read,
    read_only,
)
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
    praise = passings(found.content, principal=request.user)
    return _page(request, read(found, principal=request.user), passings=praise)


@require_safe
@login_required
def paper(request: HttpRequest, unit: str, day: date) -> FileResponse:
    """The same as a PDF; 404 where there is nothing to make one with."""
    found = find_digest(principal=request.user, unit=unit, day=day)
    page = _page(request, read(found, principal=request.user))
    try:
        made = printed(page.text)
    except NoPaperError:
        raise Http404("no PDF can be made here") from None
    name = f"{slugify(found.unit.name) or 'digest'}-{day}.pdf"
    return FileResponse(BytesIO(made), content_type="application/pdf", filename=name)


@require_safe
def signed_digest(request: HttpRequest, unit: str, day: date, token: str) -> HttpResponse:
    """The same by the link in the mail, to read and no more; a link that opens nothing leads to the sign-in, and
    whoever is signed in to the page itself."""
    own_page = reverse("digest", kwargs={"unit": unit, "day": day})
    if request.user.is_authenticated:
        return redirect(own_page)
    found = opened_by(token, unit=unit, day=day, at=timezone.now())
    if found is None:
        return redirect_to_login(own_page)
    response = _page(request, read_only(found[0], reader=found[1]))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _page(request: HttpRequest, reading: Reading, **also: Any) -> HttpResponse:
    content = reading.digest.content
    context = {"reading": reading, "digest": reading.digest, "content": content, "pdf": can_print(), "passings": {}}
    with timezone.override(content["unit"]["zone"]):
        return render(request, "distribution/digest.html", context | also)


@require_safe
@login_required
def branch(request: HttpRequest, unit: str) -> HttpResponse:
    """A unit's newest digest."""
    found = digests_of(request.user, unit).order_by("-day").first()
    if found is None:
        raise Http404
    return redirect(found)
