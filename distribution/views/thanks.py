"""Passing praise on, from wherever it is read."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from common.models import User
from distribution.forms_coaching import ThanksForm
from distribution.models.thanks import CannotThank
from distribution.services.thanking import find_answer
from distribution.services.thanking import pass_on as pass_on_by_mail


@require_POST
@login_required
def pass_on(request: HttpRequest) -> HttpResponse:
    """`answer`, `words`; sent twice, it is passed on once. Back to the page `back` of this house."""
    form = ThanksForm(request.POST)
    answer = find_answer(request.user, form.cleaned_data["answer"]) if form.is_valid() else None
    if answer is None:
        raise Http404
    by = cast("User", request.user)
    try:
        told, new = pass_on_by_mail(answer, words=form.cleaned_data["words"], by=by, at=timezone.now())
    except CannotThank as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"{'Passed' if new else 'It was passed'} on to {told.employee.name}.")
    back = form.cleaned_data["back"]
    safe = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if safe else "today")
