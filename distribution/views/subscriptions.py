"""Kept views and their mails: one's own page, keeping and throwing away, pausing and ending."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import parse_qsl
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closedloop.models import SavedFilter
from common.models import User
from crm.models import Employee, OrgUnit
from crm.sight import assignments_of
from distribution.forms_views import KeepForm, MailForm
from distribution.models import Subscription
from distribution.services.composing_views import STOP
from distribution.services.reading_subscriptions import own_subscriptions
from distribution.services.subscribing import CannotSubscribe, subscribe
from distribution.services.viewing import (
    PAGES,
    CannotKeep,
    address_of,
    cleaned_view,
    keep_view,
    kept_views,
    rolling,
    throw_away,
)

BY_MAIL = "by the link in the mail"
BY_READER = "you ended it"


@require_safe
@login_required
def subscriptions(request: HttpRequest) -> HttpResponse:
    """The views one kept or was given, and those that come by mail."""
    views = [(view, address_of(view)) for view in kept_views(request.user)]
    rows = own_subscriptions(request.user)
    return render(request, "distribution/subscriptions.html", {"views": views, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def keep(request: HttpRequest, page: str) -> HttpResponse:
    """Keep what a page shows; its parameters stand in the address, as on the page."""
    if page not in PAGES:
        raise Http404
    today, by = timezone.now().date(), cast("User", request.user)
    frame: dict[str, Any] = {"page": page}
    try:
        kept = cleaned_view(page, request.META.get("QUERY_STRING", ""), today=today)
    except CannotKeep as error:
        return render(request, "distribution/keep_view.html", frame | {"wrong": str(error)}, status=400)
    moving = rolling(page, kept, today=today)
    days = int(dict(parse_qsl(moving))["days"]) if moving else None
    ends_today = dict(parse_qsl(kept)).get("to", today.isoformat()) == today.isoformat()
    form = KeepForm(request.POST or None, user=by, days=days, moves=ends_today, **_reader(by))
    if request.method == "POST" and form.is_valid():
        try:
            view = _keep(form, page, moving if moving and form.rolls else kept, by)
        except (CannotKeep, CannotSubscribe) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"“{view.name}” is kept.")
            return redirect("subscriptions")
    return render(request, "distribution/keep_view.html", frame | {"form": form}, status=400 if form.errors else 200)


@transaction.atomic
def _keep(form: KeepForm, page: str, query: str, by: User) -> SavedFilter:
    at, data = timezone.now(), form.cleaned_data
    view = keep_view(page=page, query=query, name=data["name"], unit=data["unit"], by=by, at=at)
    if data["when"] and form.employee is not None:
        subscribe(view=view, employee=form.employee, by=by, at=at, **form.asked())
    return view


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a kept view mailed."""
    by = cast("User", request.user)
    view = get_object_or_404(SavedFilter.objects.visible_to(by).filter(page__in=PAGES), pk=pk)
    form = MailForm(request.POST or None, **_reader(by))
    if request.method == "POST" and form.is_valid() and form.employee is not None:
        try:
            subscribe(view=view, employee=form.employee, by=by, at=timezone.now(), **form.asked())
        except CannotSubscribe as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"“{view.name}” comes by mail.")
            return redirect("subscriptions")
    context = {"view": view, "form": form}
    return render(request, "distribution/mail_view.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Its author throws a view away."""
    by = cast("User", request.user)
    throw_away(get_object_or_404(SavedFilter, pk=pk, by=by, page__in=PAGES), by=by, at=timezone.now())
    return redirect("subscriptions")


@require_POST
@login_required
def step(request: HttpRequest, public_id: UUID, verb: str) -> HttpResponse:
    """Pause, resume or end one's own; what is so already stays so."""
    by, at = cast("User", request.user), timezone.now()
    row = get_object_or_404(Subscription, public_id=public_id, employee__user=by)
    if verb == "pause":
        row.pause(by=by, at=at)
    elif verb == "resume":
        row.resume(by=by, at=at)
    else:
        row.end(by=by, at=at, why=BY_READER)
    return redirect("subscriptions")


@csrf_exempt  # RFC 8058: the mail program posts, without a cookie; the signature in the address is what opens it
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """From a mail: a GET shows a button, since link scanners GET; a POST ends the mails at once."""
    try:
        row = get_object_or_404(Subscription, public_id=UUID(STOP.unsign(token)))
    except (signing.BadSignature, ValueError):
        raise Http404 from None
    if request.method == "POST":
        row.end(by=None, at=timezone.now(), why=BY_MAIL)
        row.refresh_from_db()
    return render(request, "distribution/stop_mail.html", {"row": row, "ended": row.state == "ended"})


def _reader(user: User) -> dict[str, Any]:
    """Who would have the mail, and whose clock it goes by."""
    employee: Employee | None = getattr(user, "employee", None)
    home = OrgUnit.objects.filter(pk__in=assignments_of(user).values("unit")).order_by("pk").first()
    return {"employee": employee, "home": home}
