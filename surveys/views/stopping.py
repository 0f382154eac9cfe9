"""Not to be asked again: the link of every mail, RFC 8058's one click, and the foot of every survey page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from surveys.models import InvitationToken
from surveys.services.answering import find_invitation
from surveys.services.phrasing import spoken_language
from surveys.services.stopping import stop_asking
from surveys.views.pages import history, no_such_link, page, public_page


@public_page
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A GET shows a button, since link scanners GET. A POST takes effect at once; its body is never read."""
    at = timezone.now()
    invitation = find_invitation(token=token, purpose=InvitationToken.Purpose.UNSUBSCRIBE, at=at)
    if invitation is None:
        return no_such_link(request, at=at)
    if request.method == "POST":
        with history(request):
            stop_asking(invitation=invitation, at=at)
    wished, version = request.GET.get("lang", ""), invitation.version
    language = spoken_language(wished, invitation.language, version.default_language)  # no question stands on it
    with translation.override(language):
        context = {"done": request.method == "POST"}
        return page(request, "surveys/stop.html", status=200, language=language, context=context)
