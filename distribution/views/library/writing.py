"""What people do to the library: telling stories, publishing them, taking out, showing first, choosing quotes."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.models import User
from distribution.errors import LibraryRefused
from distribution.forms_library import StoryForm, WithdrawalForm
from distribution.models import Entry, Standing, Story
from distribution.services.library.preparing import TELL, Subject, find_subject
from distribution.services.library.publishing import FEATURE, feature, may_withdraw, publish_story, withdraw
from distribution.services.library.quoting import choose_quote, offered_to
from distribution.services.library.telling import subject_of
from distribution.views.library.reading import seen, show

PAGE = 30


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def tell(request: HttpRequest, kind: str, public_id: UUID) -> HttpResponse:
    """A story of a case, an initiative or an answer. One that is told already is gone on with."""
    subject = find_subject(kind, public_id, request.user)
    if subject is None or not request.user.has_perm(TELL):
        raise Http404
    form = StoryForm(request.POST if request.method == "POST" else None, subject=subject, principal=request.user)
    return _written(request, form, subject)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rewrite(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A draft, by whoever wrote it or may publish it."""
    entry = seen(request, public_id)
    story = Story.objects.filter(pk=entry.pk, state=Standing.DRAFT).first()
    if story is None or not may_withdraw(entry, request.user):
        raise Http404
    subject = subject_of(story)
    data = request.POST if request.method == "POST" else None
    return _written(request, StoryForm(data, subject=subject, principal=request.user, story=story), subject)


def _written(request: HttpRequest, form: StoryForm, subject: Subject) -> HttpResponse:
    story = form.perform(at=timezone.now()) if form.is_bound else None
    if story is not None:
        messages.success(request, "It waits for somebody else to publish it: whoever leads the unit, or the office.")
        return redirect("library_entry", story.public_id)
    context = {"form": form, "subject": subject, "case": subject.ticket, "answer": subject.answer}
    return render(request, "distribution/library/story_form.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def publishing(request: HttpRequest, public_id: UUID) -> HttpResponse:
    entry = seen(request, public_id)
    story = get_object_or_404(Story, pk=entry.pk)
    try:
        publish_story(story=story, by=request.user, at=timezone.now())
    except LibraryRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "It is in the library now.")
    return redirect("library_entry", entry.public_id)


@require_POST
@login_required
def withdrawing(request: HttpRequest, public_id: UUID) -> HttpResponse:
    entry = seen(request, public_id)
    if not may_withdraw(entry, request.user):
        raise PermissionDenied
    form = WithdrawalForm(request.POST)
    if not form.is_valid():
        return show(request, entry, form=form)
    withdraw(entry=entry, why=form.cleaned_data["why"], by=request.user, at=timezone.now())
    messages.success(request, "It is out of the library.")
    return redirect("library")


@require_POST
@login_required
def featuring(request: HttpRequest, public_id: UUID) -> HttpResponse:
    entry = get_object_or_404(Entry.objects.visible_to(request.user, FEATURE), public_id=public_id)
    feature(entries=[entry], shown_first="first" in request.POST, by=cast("User", request.user), at=timezone.now())
    return redirect("library_entry", entry.public_id)


@require_safe
@login_required
def quotes(request: HttpRequest) -> HttpResponse:
    """Words that may be quoted, for the office to choose from."""
    if not request.user.has_perm(FEATURE):
        raise Http404
    rows = list(offered_to(request.user)[: PAGE + 1])
    context = {"rows": rows[:PAGE], "more": len(rows) > PAGE}
    return render(request, "distribution/library/quotes.html", context)


@require_POST
@login_required
def choosing(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put words into the library."""
    response = get_object_or_404(offered_to(request.user), public_id=public_id)
    try:
        choose_quote(response=response, by=request.user, at=timezone.now())
    except LibraryRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "They are in the library now.")
    return redirect("library_quotes")
