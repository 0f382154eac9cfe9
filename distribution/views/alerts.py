from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from common.models import User
from distribution.forms import ReadingForm
from distribution.models import Dispatch
from distribution.services.receiving import as_told, open_ticket_of, read_up_to, told_to

PAGE = 50


@require_safe
@login_required
def alerts(request: HttpRequest) -> HttpResponse:
    """What one was told of, the newest first."""
    told = told_to(request.user)
    page = Paginator(told, PAGE).get_page(request.GET.get("page"))
    unread = told.filter(read_at=None).order_by().aggregate(n=Count("pk"), newest=Max("pk"))
    rows = as_told(list(page.object_list), principal=request.user)
    context = {"rows": rows, "page": page, "unread": unread["n"], "newest": unread["newest"]}
    return render(request, "distribution/alerts.html", context)


@require_POST
@login_required
def reading(request: HttpRequest) -> HttpResponse:
    """One has read all until a row of the list."""
    form = ReadingForm(request.POST)
    by = cast("User", request.user)
    if not form.is_valid() or not Dispatch.objects.alerts_of(by).filter(pk=form.cleaned_data["newest"]).exists():
        raise Http404
    read_up_to(newest=form.cleaned_data["newest"], by=by, at=timezone.now())
    return redirect("alerts")


@require_safe
@login_required
def open_alert(request: HttpRequest, ticket: UUID) -> HttpResponse:
    """The ticket of an alert, where a mail leads. Whoever is signed in and opens it has read what they were told."""
    found = open_ticket_of(ticket=ticket, by=cast("User", request.user), at=timezone.now())
    if found is None:
        raise Http404
    return redirect("ticket", found.public_id)
