"""The customer's own page. A GET shows; every change is a POST to one address, what is hard to undo asks once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation

from crm.models import Purpose
from surveys.forms import PageForm, page_nonce
from surveys.forms_own_page import (
    NOT_OFFERED,
    PAUSES,
    AddressForm,
    AnswerForm,
    LanguageForm,
    PauseForm,
    PermissionForm,
    ReplyForm,
)
from surveys.models import Invitation, InvitationToken
from surveys.own_thread import reply
from surveys.services.own_page.links import Person, end_links, person_of
from surveys.services.own_page.permitting import permit
from surveys.services.own_page.telling import OwnPage, own_page
from surveys.services.own_page.wishing import choose_address, choose_language, end_pause, pause
from surveys.views.limits import wait_for
from surveys.views.pages import (
    UNREADABLE,
    PublicView,
    SeeOther,
    history,
    later,
    no_such_link,
    page,
    public_page,
    too_large,
)

A_MINUTE = 120  # requests to one page
DONE = frozenset({"language", "address", "pause", "resumed", "permitted", "refused", "replied"})


@dataclass(frozen=True)
class Visit:
    """One request by the holder of a link that is good."""

    request: HttpRequest
    token: str
    person: Person
    told: OwnPage
    language: str
    at: datetime

    def url(self, name: str = "own-page", **query: str) -> str:
        """A language asked for in the address goes along, since there is no cookie to keep it."""
        tail = urlencode(query | ({"lang": self.language} if "lang" in self.request.GET else {}))
        return reverse(name, args=[self.token]) + (f"?{tail}" if tail else "")

    @property
    def _change(self) -> str:
        """Where the forms send to, without the token, which is long: the page holds it often."""
        lang = f"?lang={self.language}" if "lang" in self.request.GET else ""
        there = self.request.resolver_match is not None and self.request.resolver_match.url_name == "own-page-change"
        return ("./" if there else "change/") + lang

    def show(self, *, status: int = 200, problems: list[str] | None = None) -> HttpResponse:
        done = self.request.GET.get("done", "")
        return self.render("me.html", status=status, problems=problems, done=done if done in DONE else "")

    def render(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        context |= told_to(self.request, self.told, self.at) | {"change": self._change}
        context |= {
            "other_languages": [(c, name, f"?lang={c}") for c, name in settings.LANGUAGES if c != self.language]
        }
        context |= {"nonce": page_nonce(self.token), "back": self.url()}
        return page(
            self.request, f"surveys/own_page/{template}", status=status, language=self.language, context=context
        )

    def confirm(self, what: str, **fields: str) -> HttpResponse:
        """Ask once more, with what was chosen; nothing has changed yet."""
        return self.render("confirm.html", what=what, fields=fields)

    def after(self, done: str) -> HttpResponse:
        return SeeOther(self.url(done=done))

    @property
    def is_sure(self) -> bool:
        return self.request.POST.get("sure") == "1"


def told_to(request: HttpRequest, told: OwnPage, at: datetime) -> dict[str, Any]:
    """What the page's templates need, for the customer and for whoever of the house looks over their shoulder."""
    today, lang = at.astimezone(told.zone).date(), request.GET.get("lang", "")
    keeps = f"&lang={lang}" if lang in dict(settings.LANGUAGES) else ""
    shown = {"told": told, "at": at, "today": today, "pauses": PAUSES, "languages": settings.LANGUAGES}
    return shown | {"keeps": keeps}


def words_asked(request: HttpRequest, told: OwnPage) -> dict[str, Any] | None:
    """All that was said in one answer, a part at a time, where the address names one (`?words=ID&part=2`)."""
    answer = told.answer(request.GET.get("words", ""))
    if answer is None:
        return None
    parts, wanted = answer.parts, request.GET.get("part", "1")
    part = min(max(int(wanted), 1), len(parts)) if wanted.isdecimal() and len(wanted) < 4 else 1
    return {"answer": answer, "pieces": parts[part - 1], "part": part, "parts": len(parts)}


def own_view(view: Callable[[Visit], HttpResponse]) -> PublicView:
    """For who holds a link that is good; everybody else gets one page, whatever is wrong with theirs."""

    @public_page
    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        at = timezone.now()
        person = person_of(token=token, at=at)
        if person is None:
            return no_such_link(request, at=at)
        if wait := wait_for({f"me:{person.customer.pk}": A_MINUTE}, at=at):
            return later(request, wait)
        told = own_page(person=person, at=at, wished=request.GET.get("lang", ""))
        with translation.override(told.language), timezone.override(told.zone):
            return _answered(view, Visit(request, token, person, told, told.language, at))

    return guarded


def _answered(view: Callable[[Visit], HttpResponse], visit: Visit) -> HttpResponse:
    if too_large(visit.request):
        return visit.show(status=413)
    try:
        return view(visit)
    except UNREADABLE:
        return visit.show(status=413)


@own_view
def show(visit: Visit) -> HttpResponse:
    """The page, or all the words of one answer, which the page cuts where they are long."""
    if visit.request.method == "POST":
        return visit.show(status=405)
    asked = words_asked(visit.request, visit.told)
    return visit.render("words.html", **asked) if asked else visit.show()


@own_view
def change(visit: Visit) -> HttpResponse:
    """One change; what it is stands in `what`."""
    verb = VERBS.get(visit.request.POST.get("what", ""))
    if visit.request.method != "POST" or verb is None:
        return SeeOther(visit.url())
    with history(visit.request):
        return verb(visit)


def _language(visit: Visit) -> HttpResponse:
    form = LanguageForm(visit.request.POST, token=visit.token)
    if not form.is_valid():
        return _refused(visit, form)
    choose_language(person=visit.person, language=form.cleaned_data["language"], at=visit.at)
    return visit.after("language")


def _address(visit: Visit) -> HttpResponse:
    form = AddressForm(visit.request.POST, token=visit.token)
    known = {place.code for place in visit.told.places}
    if not form.is_valid() or form.cleaned_data["address"] not in known:
        return _refused(visit, form)
    choose_address(person=visit.person, code=form.cleaned_data["address"], at=visit.at)
    return visit.after("address")


def _pause(visit: Visit) -> HttpResponse:
    form = PauseForm(visit.request.POST, token=visit.token, today=visit.at.astimezone(visit.told.zone).date())
    if not form.is_valid():
        return _refused(visit, form)
    if form.until is None and not visit.is_sure:
        return visit.confirm("pause", pause="ever")
    until = datetime.combine(form.until, time(), visit.told.zone) if form.until else None
    pause(person=visit.person, until=until, at=visit.at)
    return visit.after("pause")


def _resume(visit: Visit) -> HttpResponse:
    form = PageForm(visit.request.POST, token=visit.token)
    if not form.is_valid():
        return _refused(visit, form)
    end_pause(person=visit.person, at=visit.at)
    return visit.after("resumed")


def _permit(visit: Visit) -> HttpResponse:
    form = PermissionForm(visit.request.POST, token=visit.token)
    if not form.is_valid():
        return _refused(visit, form)
    code, granted = form.said
    permission = visit.told.permission(code)
    if permission is None:
        return _refused(visit, form)
    if not granted and not visit.is_sure and permission.purpose == Purpose.SURVEY:
        return visit.confirm("permit", permission=f"{code}:no")
    permit(person=visit.person, permission=permission, granted=granted, at=visit.at)
    return visit.after("permitted" if granted else "refused")


def _change_answer(visit: Visit) -> HttpResponse:
    """To the survey page, by a link of its own: those that were sent cannot be read back."""
    form = AnswerForm(visit.request.POST, token=visit.token)
    answer = visit.told.answer(str(form.cleaned_data["answer"])) if form.is_valid() else None
    if answer is None or answer.changes_until is None:
        return _refused(visit, form)
    invitation = Invitation.objects.get(response__public_id=answer.public_id)
    token = InvitationToken.issue(invitation, InvitationToken.Purpose.SURVEY, at=visit.at)
    return SeeOther(f"{reverse('survey', args=[token])}?change=1")


def _reply(visit: Visit) -> HttpResponse:
    form = ReplyForm(visit.request.POST, token=visit.token)
    if not form.is_valid():
        return _refused(visit, form)
    letter, words = str(form.cleaned_data["letter"]), form.cleaned_data["words"]
    if not reply(customers=visit.person.ids, letter=letter, text=words, at=visit.at):
        return _refused(visit, form)
    return visit.after("replied")


def _end_links(visit: Visit) -> HttpResponse:
    form = PageForm(visit.request.POST, token=visit.token)
    if not form.is_valid():
        return _refused(visit, form)
    if not visit.is_sure:
        return visit.confirm("end")
    end_links(person=visit.person, at=visit.at)
    return visit.render("ended.html")


def _refused(visit: Visit, form: PageForm) -> HttpResponse:
    """What is wrong, on the page as it was."""
    said = [*form.errors.get("nonce", []), *form.errors.get("pause", []), *form.errors.get("words", [])]
    return visit.show(status=422, problems=[str(each) for each in said] or [str(NOT_OFFERED)])


VERBS: dict[str, Callable[[Visit], HttpResponse]] = {
    "language": _language,
    "address": _address,
    "pause": _pause,
    "resume": _resume,
    "permit": _permit,
    "answer": _change_answer,
    "reply": _reply,
    "end": _end_links,
}
