"""The library as everybody reads it: what is there, one entry, and having read a notice."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from common.models import User
from distribution.errors import LibraryRefused
from distribution.forms_library import SearchForm, WithdrawalForm
from distribution.models import Entry, PolicyNotice, Standing
from distribution.services.library.connecting import connections_of
from distribution.services.library.noticing import VIEW, acknowledge, readers_of
from distribution.services.library.publishing import FEATURE, may_publish, may_withdraw
from distribution.services.library.searching import RELATED, choices_for, drafts_of, kinds, look_up, must_read

MOST = 500  # names on the page of who has read a notice


@require_safe
@login_required
def library(request: HttpRequest) -> HttpResponse:
    """What is new and shown first, or what somebody looks for."""
    at, user = timezone.now(), request.user
    choices = choices_for(user, at=at)
    form = SearchForm(request.GET, choices=choices)
    wanted = form.wanted()
    filtered = any((wanted.kind, wanted.topic, wanted.product, wanted.unit))
    narrowed = filtered or bool(wanted.words)
    query = request.GET.copy()
    query.pop("page", None)
    context: dict[str, Any] = {
        "found": look_up(wanted, languages=choices.languages, principal=user, at=at),
        "wanted": wanted,
        "choices": choices,
        "kinds": kinds(),
        "filtered": filtered,
        "narrowed": narrowed,
        "query": query.urlencode(),
        "waiting": [] if narrowed else list(must_read(user, at=at)),
        "drafts": [] if narrowed else drafts_of(user),
        "chooses": user.has_perm(FEATURE),
    }
    return render(request, "distribution/library/library.html", context)


def seen(request: HttpRequest, public_id: UUID) -> Entry:
    """An entry that the person sees, with all that its page shows."""
    rows = Entry.objects.visible_to(request.user).select_related(*RELATED).defer("tsv")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
@login_required
def entry_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return show(request, seen(request, public_id))


def show(request: HttpRequest, entry: Entry, *, form: WithdrawalForm | None = None) -> HttpResponse:
    """An entry's page; `form`: the one that was refused."""
    user = request.user
    context: dict[str, Any] = {
        "entry": entry,
        "ties": connections_of(entry, principal=user),
        "publishes": may_publish(entry, user),
        "rewrites": entry.state == Standing.DRAFT and entry.kind == "story" and may_withdraw(entry, user),
        "withdrawal": (form or WithdrawalForm()) if may_withdraw(entry, user) else None,
        "features": entry.state == Standing.PUBLISHED
        and Entry.objects.visible_to(user, FEATURE).filter(pk=entry.pk).exists(),
    }
    return render(request, "distribution/library/entry.html", context, status=422 if form else 200)


@require_POST
@login_required
def acknowledging(request: HttpRequest, public_id: UUID) -> HttpResponse:
    notice = _notice(request, public_id)
    if notice.state != Standing.PUBLISHED or not hasattr(request.user, "employee"):
        raise Http404
    try:
        acknowledge(notice=notice, by=cast("User", request.user), at=timezone.now())
    except LibraryRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("library")


@require_safe
@login_required
def readers(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Who has read a notice and who has not, of one's own people."""
    notice = _notice(request, public_id)
    told = readers_of(notice, principal=request.user, limit=MOST)
    return render(request, "distribution/library/readers.html", {"notice": notice, "told": told, "most": MOST})


def _notice(request: HttpRequest, public_id: UUID) -> PolicyNotice:
    rows = PolicyNotice.objects.visible_to(request.user, VIEW)
    return get_object_or_404(rows, public_id=public_id)
