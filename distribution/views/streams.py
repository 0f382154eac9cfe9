"""The stream of somebody who serves customers: what was said about oneself, then what was said to the team."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from common.models import User
from distribution.forms import ReadingForm
from distribution.models import Thanks
from distribution.services.coaching import own_commitments, people_led_by
from distribution.services.overhearing import Team
from distribution.services.streaming import Heard, own_answers, own_score
from distribution.services.thanking import read_up_to, thanks_to

PAGE = 20
PRAISE = 10


@require_safe
@login_required
def stream(request: HttpRequest) -> HttpResponse:
    """`page`: of one's own; `team`: of the team's."""
    at = timezone.now()
    own = Paginator(own_answers(request.user), PAGE).get_page(request.GET.get("page"))
    team = Team(request.user, at=at)
    others = Paginator(team.words(), PAGE).get_page(request.GET.get("team"))
    praise = list(thanks_to(request.user)[:PRAISE])
    context = {
        "own": [Heard(row) for row in own.object_list],
        "page": own,
        "score": own_score(request.user, at=at),
        "colleagues": settings.STREAM_COLLEAGUES,
        "team": team,
        "others": team.overheard(list(others.object_list)),
        "others_page": others,
        "praise": praise,
        "unread": sum(told.read_at is None for told in praise),
        "agreed": list(own_commitments(request.user)[:PRAISE]),
        "today": at.date(),
        "leads": people_led_by(request.user).exists(),
    }
    return render(request, "distribution/stream.html", context)


@require_POST
@login_required
def praise_read(request: HttpRequest) -> HttpResponse:
    """One has read all that was passed on until a row."""
    form, by = ReadingForm(request.POST), cast("User", request.user)
    if not form.is_valid() or not Thanks.objects.to(by).filter(pk=form.cleaned_data["newest"]).exists():
        raise Http404
    read_up_to(newest=form.cleaned_data["newest"], by=by, at=timezone.now())
    return redirect("stream")
