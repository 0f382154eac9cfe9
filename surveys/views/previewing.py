"""Every page of a survey, and its mail, in every language it asks in, as customers see them: nothing is recorded."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from csp.constants import HEADER
from csp.utils import build_policy
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from surveys.forms import CallbackForm
from surveys.models import ProgramVersion
from surveys.questionnaire.asking import pages_of
from surveys.questionnaire.checking import question_problems
from surveys.services.answering import response_to
from surveys.services.composing import show_invitation
from surveys.services.designing.checking import doubts_about
from surveys.services.phrasing import direction_of, language_of, languages_of
from surveys.services.previewing import CHANNELS, Page, pages, questions_by, sample, sample_link, sample_message, steps
from surveys.views import answering, further
from surveys.views.pages import POLICY, Survey
from surveys.views.public import further as public_further
from surveys.views.public import steps as public
from surveys.views.public.passing import Passing

FUNCTION = "surveys.view_programversion"
NOWHERE = "preview"  # the token of links that lead nowhere
TEXT = "surveys/preview_text.html"
FRAMED = POLICY | {"form-action": ["'none'"], "frame-ancestors": ["'self'"], "sandbox": ["allow-same-origin"]}
STYLED = FRAMED | {"style-src": ["'unsafe-inline'"]}  # a mail brings its style along


@login_required
@require_safe
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """All of it: what is met with at one step side by side, in each language."""
    version = _version(request, pk)
    wrong = _problems(version)
    channel = request.GET.get("channel", "mail")
    if channel not in CHANNELS:
        raise Http404
    context = {
        "version": version,
        "channel": channel,
        "channels": CHANNELS.items(),
        "languages": languages_of(version).items(),
        "steps": [] if wrong else steps(pages(version, channel)),
        "problems": wrong,
        "doubts": doubts_about(version, at=timezone.now()),
    }
    return render(request, "surveys/preview.html", context)


@login_required
@require_safe
def page_of(request: HttpRequest, pk: int, language: str, page: str) -> HttpResponse:
    """One of them, to stand in a frame of the overview."""
    version = _version(request, pk)
    known = {} if _problems(version) else {each.name: each for by in CHANNELS for each in pages(version, by)}
    if page not in known or language not in languages_of(version):
        raise Http404
    found = known[page]
    shown = _rendered(request, version, found, language)
    shown[HEADER] = build_policy(config=STYLED if found.is_mail and not found.is_text else FRAMED)
    shown["X-Frame-Options"] = "SAMEORIGIN"
    return shown


def _version(request: HttpRequest, pk: int) -> ProgramVersion:
    if not request.user.has_perm(FUNCTION):
        raise Http404
    return get_object_or_404(ProgramVersion.objects.select_related("program"), pk=pk)


def _problems(version: ProgramVersion) -> list[str]:
    """What keeps its questions from being shown at all."""
    promoter_scale = (version.scale_min, version.scale_max) == (0, 10)
    return question_problems(
        version.questions, promoter_scale=promoter_scale, wording=version.wording,
        default_language=version.default_language,
    )  # fmt: skip


def _rendered(request: HttpRequest, version: ProgramVersion, page: Page, wished: str) -> HttpResponse:
    at = timezone.now()
    invitation = sample(version, page, language=wished, at=at)
    language = language_of(invitation, wished=wished)
    with translation.override(language), timezone.override(ZoneInfo(invitation.unit.zone)):
        if page.is_mail:
            mail = show_invitation(sample_message(invitation, number=page.number), language=language, at=at)
            context = {**mail._asdict(), "language": language, "direction": direction_of(language)}
            return render(request, TEXT, context) if page.is_text else HttpResponse(mail.html)
        if page.channel != "mail":
            passing = Passing(request, sample_link(page.channel), version, language, at, still=True)
            return _public_step(passing, page, response_to(invitation))
        return _step(Survey(request, NOWHERE, invitation, language, at), page)


def _public_step(passing: Passing, page: Page, response: Any) -> HttpResponse:
    if page.step == "score":
        return public.show_score(passing)
    if page.step == "why":
        return public.show_why(passing, response)
    if page.step == "thanks":
        return public.show_thanks(passing)
    shown = pages_of(questions_by(passing.version, page.channel), category=page.category)[page.number]
    return public_further.show_further(passing, NOWHERE, response, shown)


def _step(survey: Survey, page: Page) -> HttpResponse:
    response: Any = survey.response
    if page.is_clicked:
        return answering.show_score(survey, chosen=survey.invitation.version.scale_max, from_mail=True)
    if page.step == "score":
        return answering.show_score(survey)
    if page.step == "why":
        return answering.show_why(survey, response, comment="")
    if page.step == "callback":
        return answering.show_callback(survey, response, form=CallbackForm(token=NOWHERE))
    if page.step == "thanks":
        return answering.show_thanks(survey, response)
    asked = pages_of(questions_by(survey.invitation.version, page.channel), category=page.category)
    return further.show_further(survey, response, asked[page.number])
