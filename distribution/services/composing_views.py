"""The mail of a kept view: the page's figures as its reader may see them at the moment it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from analytics.maths.nps import Counts
from analytics.maths.scorecards import Period, ScoreCard
from analytics.services.scoring import score_card_and_below, score_cards_by
from analytics.wording import change_in_full, days, title
from common.outbox import MustNotGo
from crm.sight import Principal
from distribution.models import Dispatch, SubscriptionRun
from distribution.services.measuring import verdict
from distribution.services.rolling_up import roll_up
from distribution.services.subscribing import NEWER, RESTS, spoken, standing
from distribution.services.viewing import REGION, Shown, address_of
from distribution.watching import LEVEL

ROWS = 20  # of the table; the page has all
STOP = signing.Signer(salt="distribution.subscription")


@dataclass(frozen=True)
class Line:
    """A line of the table: a part of the view, and whether it moved, all of them tested together."""

    name: str
    card: ScoreCard
    verdict: str


def told_of(run: SubscriptionRun, *, reader: Principal, at: datetime) -> dict[str, Any]:
    """What the mail says. MustNotGo when its reader has lost the view, does not want it, or a newer one was made."""
    row = run.subscription
    if row.state != "running":
        raise MustNotGo(RESTS)
    if Dispatch.objects.filter(run__subscription=row, run__day__gt=run.day).exists():
        raise MustNotGo(NEWER)
    shown, why = standing(row, at)
    if shown is None or row.view is None:
        raise MustNotGo(why)
    card, period, lines = _figures(shown, reader, at)
    stop = f"{settings.PUBLIC_URL}{reverse('subscription_stop', args=[STOP.sign(str(row.public_id))])}"
    return {
        "run": run, "name": row.name, "place": shown.unit.name, "card": card, "finding": title(card),
        "change": change_in_full(card), "days": days(period), "lines": lines[:ROWS], "more": len(lines) - ROWS,
        "parts": "Branch" if shown.page == REGION else "Part", "changed": _changed(run), "when": spoken(row),
        "url": f"{settings.PUBLIC_URL}{address_of(row.view)}", "stop": stop,
        "headers": {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    }  # fmt: skip


def _figures(shown: Shown, reader: Principal, at: datetime) -> tuple[ScoreCard, Period, list[Line]]:
    """The view's own card, and those of the units below it, or of its months where there are none."""
    if shown.page == REGION:
        rolled = roll_up(principal=reader, unit=shown.unit, at=at, **shown.question)
        told = [Line(b.unit.name, b.card, b.verdict["text"] if b.verdict else "") for b in rolled.branches]
        return rolled.card, rolled.period, told
    asked = {"principal": reader, "unit": shown.unit, "at": at, **shown.question}
    card, below = score_card_and_below(**asked)
    if not below:
        months = score_cards_by("month", **asked)
        return card, card.period, [Line(month.label, month, "") for month in reversed(months)]
    ranked = sorted(below, key=lambda each: (each.nps is None, -(each.nps or 0), each.label))
    return card, card.period, [Line(each.label, each, _said(each)) for each in ranked]


def _said(card: ScoreCard) -> str:
    told = verdict(card)
    return told["text"] if told else ""


def _changed(run: SubscriptionRun) -> dict[str, Any] | None:
    """What the look found, if the mail is about a change."""
    if run.look is None:
        return None
    before, now = _side(run.look, "before", "reference"), _side(run.look, "now", "window")
    return {
        "up": (now.nps or 0) > (before.nps or 0), "before": before, "before_days": days(before.period), "now": now,
        "now_days": days(now.period), "next": run.subscription.reference, "level": round(LEVEL * 100),
    }  # fmt: skip


def _side(look: dict[str, Any], name: str, days_of: str) -> ScoreCard:
    first, last = map(date.fromisoformat, look[days_of])
    return ScoreCard(key=name, label="", period=Period(first, last), counts=Counts(**look[name]))
