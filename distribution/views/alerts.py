from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.models import User
from crm.models import Employee
from distribution.forms import ReadingForm
from distribution.forms_hours import HoursForm
from distribution.models import Dispatch, QuietHours
from distribution.services.receiving import as_told, open_ticket_of, read_up_to, told_to
from distribution.services.seconding import place_of

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


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def hours(request: HttpRequest) -> HttpResponse:
    """When one wants to be told of alerts; `any` is at any hour of the unit's."""
    by, at = cast("User", request.user), timezone.now()
    employee = get_object_or_404(Employee, user=by)
    if request.method == "POST" and "any" in request.POST:
        QuietHours.drop(employee, by=by, at=at)
        return redirect("alerts")
    kept = QuietHours.objects.filter(employee=employee).first()
    form = HoursForm(request.POST if request.method == "POST" else None, kept=kept)
    if form.is_bound and form.perform(employee=employee, zone=place_of(employee, at).zone, by=by, at=at):
        messages.success(request, "It is noted when you are told of alerts.")
        return redirect("alerts")
    page = {"kept": kept, "hours": form}
    return render(request, "distribution/alert_hours.html", page, status=422 if form.errors else 200)


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
