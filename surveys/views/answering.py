"""The steps of a survey: score, why, callback and consent, thanks. A GET shows; only a POST stores."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from common.api.callers import address_of
from surveys.clicks import is_ahead
from surveys.forms import BEST_TIMES, CallbackForm, CommentForm, ScoreForm, scale
from surveys.models import Response
from surveys.scoring import Category
from surveys.services.answering import AnswerRefused, record_comment, record_score, record_visit
from surveys.services.clicking import keep_click
from surveys.services.finishing import finish
from surveys.services.own_page.links import url_beside
from surveys.services.permitting import phone_on_file, record_consent
from surveys.views.pages import Survey, history, survey_page
from surveys.views.steps import after_why, resume_at


@survey_page
def score(survey: Survey) -> HttpResponse:
    """Where a link of the mail leads: the question, or the step where the customer left off."""
    if survey.request.method == "POST":
        return _store_score(survey)
    chosen = _preselected(survey)
    record_visit(
        invitation=survey.invitation, method=survey.request.method or "", score=chosen, at=survey.at,
        user_agent=survey.request.headers.get("User-Agent", ""),
    )  # fmt: skip
    if chosen is not None and survey.invitation.version.keep_clicks and survey.request.method == "GET":
        _keep_click(survey, chosen)
    response = survey.response
    scored = response is not None and response.score is not None  # an answer may have begun with words, by mail
    wants_change = "change" in survey.request.GET or (chosen is not None and response and chosen != response.score)
    if response and scored and not wants_change:
        return survey.go(resume_at(response))
    return show_score(survey, chosen=chosen, from_mail=chosen is not None)


def _keep_click(survey: Survey, score: int) -> None:
    """Evidence, no answer: docs/decisions/0009-a-click-is-evidence.md."""
    headers = survey.request.headers
    keep_click(
        token=survey.token, score=score, user_agent=headers.get("User-Agent", ""), address=address_of(survey.request),
        ahead=is_ahead(headers), at=survey.at,
    )  # fmt: skip


def _store_score(survey: Survey) -> HttpResponse:
    form = ScoreForm(survey.request.POST, token=survey.token, version=survey.invitation.version)
    if not form.is_valid():
        chosen = form.cleaned_data.get("score")
        return show_score(survey, status=422, chosen=chosen, problems=form.problems)
    score = form.cleaned_data["score"]
    response = record_score(invitation=survey.invitation, score=score, at=survey.at, language=survey.language)
    reason = survey.request.POST.get("comment", "") if survey.invitation.version.keep_clicks else ""
    if not reason.strip():
        return survey.go("survey-why")
    return after_why(survey, record_comment(response=response, text=reason, at=survey.at))


def show_score(survey: Survey, *, status: int = 200, chosen: int | None = None, **context: Any) -> HttpResponse:
    response = survey.response
    context |= {
        "chosen": response.score if chosen is None and response else chosen,
        "scale": scale(survey.invitation.version),
        "question": survey.words("question"),
        "low": survey.words("low"),
        "high": survey.words("high"),
        "action": survey.url("survey"),
    }
    if survey.invitation.version.keep_clicks and (context.get("from_mail") or "comment" in survey.request.POST):
        context["reason"] = survey.words(f"why_{Category.PASSIVE}")  # neutral: beside a number not confirmed yet
        context["comment"] = survey.request.POST.get("comment", "")
    return survey.render("surveys/score.html", status=status, **context)


def _preselected(survey: Survey) -> int | None:
    """The number that was clicked in the mail, if it is on the scale."""
    clicked = survey.request.GET.get("score", "")
    return next((n for n in scale(survey.invitation.version) if str(n) == clicked), None)


@survey_page
def why(survey: Survey) -> HttpResponse:
    """The reason in the customer's own words; the question goes by the category of the score."""
    response = survey.response
    if response is None:
        return survey.go("survey")
    if survey.request.method != "POST":
        return show_why(survey, response, comment=response.comment)
    form = CommentForm(survey.request.POST, token=survey.token)
    if not form.is_valid():
        return show_why(survey, response, status=422, comment=form["comment"].data, problems=form.problems)
    if "skip" not in survey.request.POST:
        response = record_comment(response=response, text=form.cleaned_data["comment"] or "", at=survey.at)
    return after_why(survey, response)


def show_why(survey: Survey, response: Response, *, status: int = 200, **context: Any) -> HttpResponse:
    kind = response.category or Category.PASSIVE  # a scale of its own has no categories: the neutral question
    context |= {
        "question": survey.words(f"why_{kind}"),
        "hint": survey.words(f"why_{kind}_hint"),
        "action": survey.url("survey-why"),
        "change": survey.url("survey", change="1"),
    }
    return survey.render("surveys/why.html", status=status, **context)


@survey_page
def callback(survey: Survey) -> HttpResponse:
    """May we call you, and may we quote you: permissions, each on its own."""
    response = survey.response
    if response is None:
        return survey.go("survey")
    if survey.request.method != "POST":
        return show_callback(survey, response, form=CallbackForm(token=survey.token, initial=initial_of(response)))
    form = CallbackForm(survey.request.POST, token=survey.token)
    if form.is_valid() and _store_consent(survey, response, form):
        return survey.go("survey-thanks")
    return show_callback(survey, response, form=form, status=422, problems=form.problems)


def _store_consent(survey: Survey, response: Response, form: CallbackForm) -> bool:
    data = form.cleaned_data
    try:
        with history(survey.request):
            response = record_consent(
                response=response, callback=data["call"] == "yes", phone=str(data["phone"] or ""),
                best_time=data["best"] or "any", may_quote=data["quote"], at=survey.at,
            )  # fmt: skip
    except AnswerRefused as refusal:
        if refusal.code != "phone":
            raise
        form.refuse_phone()
        return False
    finish(response=response, at=survey.at)
    return True


def initial_of(response: Response) -> dict[str, Any]:
    """The permissions given so far, as the form writes them."""
    call = {True: "yes", False: "no", None: ""}[response.callback]
    return {"call": call, "best": response.callback_time, "quote": bool(response.may_quote)}


def show_callback(
    survey: Survey, response: Response, *, form: CallbackForm, status: int = 200, **context: Any
) -> HttpResponse:
    point = phone_on_file(response)
    number = response.callback_phone or (point.normalized if point else "")
    context |= {"form": form, "times": BEST_TIMES, "ending": number[-4:], "action": survey.url("survey-callback")}
    return survey.render("surveys/callback.html", status=status, **context)


@survey_page
def thanks(survey: Survey) -> HttpResponse:
    """What happens next with the answer."""
    response = survey.response
    return survey.go("survey") if response is None else show_thanks(survey, response)


def show_thanks(survey: Survey, response: Response) -> HttpResponse:
    change, own = survey.url("survey", change="1"), url_beside(survey.invitation, token=survey.token, at=survey.at)
    return survey.render("surveys/thanks.html", change=change, own=own, ending=response.callback_phone[-4:])
