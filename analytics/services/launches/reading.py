"""Launches as pages show them: in sight, each with its finding, its weeks, and what its detractors say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch

from analytics.charts.launches import Point
from analytics.maths.expectations import BAND, FEWEST_ANSWERS, WATCH
from analytics.maths.nps import nps
from analytics.models import Expectation, Launch, ShortfallPhrase
from analytics.wording_launches import as_expected, not_yet, short, unexpected
from crm.sight import Principal
from surveys.models import Passage

FUNCTION = "analytics.view_scores"
MOST = 100  # launches on the page
QUOTES = 3  # of each phrase


@dataclass(frozen=True)
class Told:
    """A launch in words. Its weeks came along."""

    launch: Launch

    @cached_property
    def weeks(self) -> list[Expectation]:
        return list(self.launch.weeks.all())

    @property
    def last(self) -> Expectation | None:
        return self.weeks[-1] if self.weeks else None

    @property
    def state(self) -> str:
        """short, usual, none (nothing can be expected) or new."""
        if self.last is None:
            return "new"
        if self.launch.fell_short:
            return "short"
        return "usual" if self.last.to_date and self.last.n_to_date >= FEWEST_ANSWERS else "none"

    @property
    def words(self) -> str:
        name, last = self.launch.name, self.last
        if last is None:
            return not_yet(name)
        reading, fell = last.to_date, self.launch.fell_short
        if fell and reading:
            return short(name, reading, fell.week)
        if self.state == "usual" and reading:
            return as_expected(name, reading, last.week)
        return unexpected(name, last.compared, last.week)

    @property
    def watched(self) -> bool:
        return self.last is None or self.last.week < WATCH

    @property
    def points(self) -> list[Point]:
        return [_point(week) for week in self.weeks]


def _point(row: Expectation) -> Point:
    score = nps(row.counts) if row.counts.n >= FEWEST_ANSWERS else None
    if row.expected is None or row.sd is None:
        return Point(row.week, row.counts.n, score, None, None, None)
    low, high = row.expected - BAND * row.sd, row.expected + BAND * row.sd
    return Point(row.week, row.counts.n, score, row.expected, max(-100.0, low), min(100.0, high))


@dataclass(frozen=True)
class Said:
    """A phrase with some of the comments that hold it, as far as they are in sight."""

    phrase: ShortfallPhrase
    passages: Sequence[Passage]


def launches_at(*, principal: Principal) -> list[Told]:
    """Launches in sight, the newest first; two queries, whatever their number."""
    return [Told(launch) for launch in _seen(principal).order_by("-day", "name")[:MOST]]


def find_launch(*, principal: Principal, public_id: Any) -> Told | None:
    """None out of sight."""
    launch = _seen(principal).filter(public_id=public_id).first()
    return None if launch is None else Told(launch)


def said_about(launch: Launch, *, principal: Principal) -> list[Said]:
    """What sets its detractors apart, with quotes; personal data hidden. Two queries."""
    fell = launch.fell_short
    phrases = list(fell.phrases.all()) if fell else []
    ids = {each for phrase in phrases for each in phrase.passages}
    seen = Passage.objects.visible_to(principal, "surveys.view_response").filter(pk__in=ids)
    passages = {each.pk: each for each in seen.select_related("response", "unit")}
    return [Said(phrase, _quotes(phrase, passages)) for phrase in phrases]


def _quotes(phrase: ShortfallPhrase, passages: dict[int, Passage]) -> list[Passage]:
    """The newest, none twice in the same words."""
    seen = {passages[each].text: passages[each] for each in reversed(phrase.passages) if each in passages}
    return list(seen.values())[::-1][:QUOTES]


def compared_with(launch: Launch, *, principal: Principal) -> Collection[Launch]:
    """The comparable launches that are in sight. Two queries."""
    chosen = set(launch.comparable.values_list("pk", flat=True))
    seen = Launch.objects.visible_to(principal, FUNCTION).order_by("-day")
    if chosen:
        return list(seen.filter(pk__in=chosen))
    return list(seen.filter(kind=launch.kind, day__lt=launch.day))


def _seen(principal: Principal) -> Any:
    weeks = Prefetch("weeks", Expectation.objects.order_by("week"))
    return Launch.objects.visible_to(principal, FUNCTION).with_names().prefetch_related(weeks)
