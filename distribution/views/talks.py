"""Talks: the pages of whoever leads people, and one's own."""

from __future__ import annotations

import uuid
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.models import User
from crm.models import Employee
from distribution.forms_coaching import RemarkForm, TalkForm
from distribution.services.coaching import (
    address_of,
    agreed_with,
    find_person,
    own_talks,
    people_led_by,
    talks_with,
    unit_between,
    with_state,
)

PAGE = 50
TALKS = 10


@require_safe
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """Whom one leads, with the last talk and what is open."""
    led = with_state(people_led_by(request.user), principal=request.user)
    page = Paginator(led, PAGE).get_page(request.GET.get("page"))
    rows = [{"who": who, "address": address_of(who)} for who in page.object_list]
    return render(request, "distribution/people.html", {"rows": rows, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def person(request: HttpRequest, who: str) -> HttpResponse:
    """The next talk with somebody, what is open first; a POST writes it down."""
    found = find_person(request.user, who)
    if found is None:
        raise Http404
    unit, at = unit_between(request.user, found), timezone.now()
    open_ones = list(agreed_with(found, unit))
    data = request.POST if request.method == "POST" else None
    form = TalkForm(data, open_ones=open_ones, today=at.astimezone(unit.zone_info).date())
    if data is not None and form.perform(employee=found, unit=unit, by=cast("User", request.user), at=at):
        messages.success(request, f"The talk with {found.name} is written down. They can read it.")
        return redirect("person", who=address_of(found))
    return _page(request, found, form)


def _page(request: HttpRequest, found: Employee, form: TalkForm) -> HttpResponse:
    page = Paginator(talks_with(found, principal=request.user), TALKS).get_page(request.GET.get("page"))
    context = {"who": found, "form": form, "page": page, "talks": page.object_list, "today": timezone.now().date()}
    return render(request, "distribution/person.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def my_talks(request: HttpRequest) -> HttpResponse:
    """The talks with oneself."""
    page = Paginator(own_talks(request.user), TALKS).get_page(request.GET.get("page"))
    context = {"page": page, "talks": page.object_list, "form": RemarkForm(), "today": timezone.now().date()}
    return render(request, "distribution/my_talks.html", context | {"key": uuid.uuid4})


@require_POST
@login_required
def remark(request: HttpRequest, talk: UUID) -> HttpResponse:
    """What one says of a talk with oneself."""
    found, form = own_talks(request.user).filter(public_id=talk).first(), RemarkForm(request.POST)
    if found is None:
        raise Http404
    if form.is_valid():
        said = form.cleaned_data
        found.remark(key=said["key"], words=said["words"], by=cast("User", request.user), at=timezone.now())
        messages.success(request, "What you wrote is saved. Whoever leads you can read it.")
    else:
        messages.error(request, "Nothing was saved: write a few words.")
    return redirect("my_talks")
