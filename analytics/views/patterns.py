from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from analytics.forms_patterns import DismissalForm
from analytics.models import Pattern
from analytics.services.patterns.reading import DISMISS, FUNCTION, Told, find_pattern, said_of


@require_safe
@login_required
def pattern(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One pattern: its branches, and what customers said."""
    return _page(request, _found(request, public_id, FUNCTION), DismissalForm())


@require_POST
@login_required
def dismissal(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Tell it no more. Once it is dismissed or over, saying so again changes nothing."""
    found, form = _found(request, public_id, DISMISS), DismissalForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=400)
    by: Any = request.user  # whoever may dismiss is signed in
    found.dismiss(by=by, reason=form.cleaned_data["reason"], at=timezone.now())
    return redirect(found)


def _found(request: HttpRequest, public_id: uuid.UUID, function: str) -> Pattern:
    found = find_pattern(principal=request.user, public_id=public_id, function=function)
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, found: Pattern, form: DismissalForm, status: int = 200) -> HttpResponse:
    may = found.ended_on is None and found.dismissed is None
    page = {
        "told": Told(found), "area_address": f"{found.area.source}:{found.area.external_id}",
        "said": said_of(found, principal=request.user), "form": form,
        "may_dismiss": may and find_pattern(principal=request.user, public_id=found.public_id, function=DISMISS),
    }  # fmt: skip
    return render(request, "analytics/pattern.html", page, status=status)
