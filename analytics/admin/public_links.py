"""On a public link's page in the console: what was said by it, apart from every score of people who were asked."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest

from analytics.maths.intervals import adjusted_wald
from analytics.maths.nps import BINS, counts_of, nps
from common.panels import Panel, register
from surveys.models import PublicLink, Response

FEWEST = 10  # answers: below, no score is shown anywhere in the house


def said_by(request: HttpRequest, link: PublicLink) -> dict[str, Any]:
    """Counts of the scale 0-10, and from ten answers on the score with its interval."""
    seen = Response.objects.visible_to(request.user, "surveys.view_response").of_link(link)
    given = dict(
        seen.filter(scale_min=0, scale_max=10, score__isnull=False).values_list("score").annotate(n=Count("pk"))
    )
    counts = counts_of([given.get(score, 0) for score in range(BINS)])
    shown = {"counts": counts, "all": seen.count(), "fewest": FEWEST}
    if counts.n < FEWEST:
        return shown
    return shown | {"score": nps(counts), "interval": adjusted_wald(counts)}


register("public_link", Panel("What was said by it", "admin/analytics/panel_public_link.html", said_by))
