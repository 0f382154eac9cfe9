"""What customers said about the interactions that somebody served, and about the others of their team together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from analytics.maths.nps import Counts
from crm.sight import Principal
from distribution.crowds import Figure, own_figure
from distribution.services.hearing import happened
from surveys.models import Response
from surveys.scoring import Category

FUNCTION = "surveys.view_response"
DAYS = 90  # of one's own score


@dataclass(frozen=True)
class Heard:
    """One answer about oneself: the words as all see them, the class, what happened and when; not who said it."""

    response: Response

    @property
    def words(self) -> str:
        return self.response.words

    @property
    def happened(self) -> str:
        return happened(self.response.interaction)

    @property
    def at(self) -> datetime:
        about = self.response.interaction
        return about.occurred_at if about else self.response.answered_at


def own_answers(principal: Principal) -> QuerySet[Response]:
    """About what one served oneself, wherever that was, the newest first."""
    rows = Response.objects.served_by(principal, FUNCTION).order_by("-answered_at", "-pk")
    return rows.select_related("customer", "interaction__kind", "unit")


def own_score(principal: Principal, *, at: datetime) -> Figure:
    """One's own score of the last 90 days; until there are enough answers only how many there are. One query."""
    rows = Response.objects.served_by(principal, FUNCTION).promoter_scale()
    counted = rows.filter(answered_at__gt=at - timedelta(days=DAYS), answered_at__lte=at).aggregate(**counting())
    return own_figure(counts_from(counted), needed=settings.STREAM_ANSWERS)


def counting(prefix: str = "", among: Q | None = None) -> dict[str, Count]:
    """An aggregate for each class, of the rows `among` all."""
    told = among or Q()
    return {f"{prefix}{c}": Count("pk", filter=told & Q(category=c)) for c in Category}


def counts_from(row: dict[str, int], prefix: str = "") -> Counts:
    return Counts(*(row[f"{prefix}{c}"] for c in (Category.DETRACTOR, Category.PASSIVE, Category.PROMOTER)))
