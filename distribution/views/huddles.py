"""A team's huddle on the phone of whoever leads it. Works without JavaScript."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from common.models import User
from crm.models import OrgUnit
from distribution.errors import HuddleRefused
from distribution.forms import (
    AgreementForm,
    AttendanceForm,
    ClosingForm,
    HuddleForm,
    ItemForm,
    PlanForm,
    SettlementForm,
)
from distribution.models import Huddle
from distribution.models.digests import unit_address
from distribution.services.huddling.opening import open_today
from distribution.services.huddling.reading import (
    CHANGE,
    ELEVATE,
    PLAN,
    find_action,
    find_huddle,
    find_unit,
    my_places,
    place_of,
    read,
)

PAGE = 50


@require_safe
@login_required
def huddles(request: HttpRequest) -> HttpResponse:
    """One's own team's huddles; of several, the choice."""
    page = Paginator(my_places(request.user, at=timezone.now()), PAGE).get_page(request.GET.get("page"))
    if page.paginator.count == 1:
        return redirect(_address(page.object_list[0]))
    rows = [{"unit": unit, "address": _address(unit)} for unit in page.object_list]
    return render(request, "distribution/huddles.html", {"rows": rows, "page": page})


@require_safe
@login_required
def team(request: HttpRequest, unit: str) -> HttpResponse:
    """A unit's huddles: today's, what is still to be done, earlier ones, when they are held."""
    return _team(request, find_unit(principal=request.user, unit=unit))


@require_POST
@login_required
def planning(request: HttpRequest, unit: str) -> HttpResponse:
    """When the unit holds its huddle."""
    found = find_unit(principal=request.user, unit=unit, function=PLAN)
    form = PlanForm(request.POST, unit=found)
    if not form.perform(by=_person(request), at=timezone.now()):
        return _team(request, found, form=form, status=_status(form))
    messages.success(request, "It is noted when the team holds its huddle.")
    return redirect(_address(found))


@require_POST
@login_required
def opening(request: HttpRequest, unit: str) -> HttpResponse:
    """Open today's huddle; whoever comes second gets the same."""
    found = find_unit(principal=request.user, unit=unit, function=CHANGE)
    try:
        return redirect(open_today(unit=found, by=_person(request), at=timezone.now()))
    except HuddleRefused as refusal:
        return _team(request, found, problem=refusal.message, status=409)


@require_safe
@login_required
def huddle(request: HttpRequest, unit: str, day: date) -> HttpResponse:
    """One huddle: its agenda, who is there, what is agreed."""
    found = find_huddle(principal=request.user, unit=unit, day=day)
    return redirect(_address(found.unit)) if found.opened_at is None else _huddle(request, found)


@require_POST
@login_required
def attendance(request: HttpRequest, unit: str, day: date) -> HttpResponse:
    found = _working(request, unit, day)
    return _kept(request, found, AttendanceForm(request.POST, huddle=found), "It is noted who is there.")


@require_POST
@login_required
def agreement(request: HttpRequest, unit: str, day: date) -> HttpResponse:
    found = _working(request, unit, day)
    return _kept(request, found, AgreementForm(request.POST, huddle=found), "It is agreed.", place="agreed")


@require_POST
@login_required
def elevation(request: HttpRequest, unit: str, day: date) -> HttpResponse:
    """One tap: what stands on the agenda goes to the outer loop."""
    found = find_huddle(principal=request.user, unit=unit, day=day, function=ELEVATE)
    form = ItemForm(request.POST, huddle=_working(request, unit, day), principal=request.user)
    return _kept(request, found, form, "It is raised to the outer loop; you hear what comes of it.", place="said")


@require_POST
@login_required
def closure(request: HttpRequest, unit: str, day: date) -> HttpResponse:
    found = _working(request, unit, day)
    return _kept(request, found, ClosingForm(request.POST, huddle=found), "The huddle is closed.")


@require_POST
@login_required
def settlement(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What became of an action: back to where it was said, the huddle or the team's page."""
    action = find_action(principal=request.user, public_id=public_id)
    form = SettlementForm(request.POST, action=action)
    day = request.POST.get("huddle", "")
    held = Huddle.objects.filter(unit=action.unit, opened_at__isnull=False, day=day).first() if _is_day(day) else None
    done = form.perform(by=_person(request), at=timezone.now())
    if done:
        messages.success(request, "It is settled.")
        return redirect(held or _address(action.unit))
    if held is not None:
        found = find_huddle(principal=request.user, unit=unit_address(action.unit), day=held.day)
        return _huddle(request, found, tried=form, status=_status(form))
    return _team(request, action.unit, problem=_said(form), status=_status(form))


def _is_day(said: str) -> bool:
    try:
        return bool(date.fromisoformat(said))
    except ValueError:
        return False


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)


def _address(unit: OrgUnit) -> str:
    return reverse("team_huddles", kwargs={"unit": unit_address(unit)})


def _working(request: HttpRequest, unit: str, day: date) -> Huddle:
    """The huddle, if one may write in it."""
    found = find_huddle(principal=request.user, unit=unit, day=day, function=CHANGE)
    if found.opened_at is None:
        raise Http404
    return found


def _status(form: HuddleForm) -> int:
    return 409 if form.is_refused else 422


def _said(form: HuddleForm) -> str:
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def _kept(request: HttpRequest, found: Huddle, form: HuddleForm, done: str, *, place: str = "") -> HttpResponse:
    if not form.perform(by=_person(request), at=timezone.now()):
        found.refresh_from_db()
        return _huddle(request, found, tried=form, status=_status(form))
    messages.success(request, done)
    return redirect(found.get_absolute_url() + (f"#{place}" if place else ""))


def _team(
    request: HttpRequest, unit: OrgUnit, *, form: PlanForm | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    place = place_of(unit, principal=request.user, at=timezone.now())
    context: dict[str, Any] = {
        "place": place,
        "form": (form or PlanForm(unit=unit, series=place.series)) if place.may_plan else None,
        "problem": problem or (_said(form) if form else ""),
        "address": unit_address(unit),
        "day": timezone.localdate(timezone.now(), unit.zone_info),
    }
    with timezone.override(unit.zone_info):
        return render(request, "distribution/team_huddles.html", context, status=status)


def _huddle(request: HttpRequest, found: Huddle, *, tried: HuddleForm | None = None, status: int = 200) -> HttpResponse:
    reading = read(found, principal=request.user, at=timezone.now())
    agreeing = tried if isinstance(tried, AgreementForm) else AgreementForm(huddle=found)
    context: dict[str, Any] = {
        "reading": reading,
        "huddle": found,
        "agenda": reading.agenda,
        "address": unit_address(found.unit),
        "problem": _said(tried) if tried and (tried.is_refused or tried is not agreeing) else "",
        "agreement": agreeing,
        "closing": tried if isinstance(tried, ClosingForm) else ClosingForm(huddle=found),
    }
    with timezone.override(found.unit.zone_info):
        return render(request, "distribution/huddle.html", context, status=status)
