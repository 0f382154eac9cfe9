"""Views of pages that people keep under a name: what may be kept, where it leads, and what it shows to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db import transaction
from django.forms import Form
from django.urls import reverse

from analytics.forms import InsightsForm
from analytics.forms_scores import ScoresForm
from analytics.services.scoring import FUNCTION, top_units
from closedloop.models import SavedFilter
from common.models import Event, User
from common.text import clean_line
from crm.models import OrgUnit
from crm.sight import Principal
from distribution.filters import RegionForm
from distribution.services.rolling_up import DAYS

INSIGHTS, REGION = "insights", "region"
NOT_KEPT = ("format", "weigh")  # of one visit, not of the view
LONGEST = 500  # characters, as the column


class CannotKeep(ValueError):
    """What is asked of a page is not what it knows; the text is for people."""


class OutOfSight(Exception):
    """The unit of a view is not in its reader's sight, or not there any more."""


@dataclass(frozen=True)
class Page:
    """A page whose views are kept: the form that reads its parameters, and those that stand in its address."""

    form: Callable[..., Form]
    beside: tuple[str, ...] = ()
    days: int = 0  # that it shows, where the form does not say


PAGES = {INSIGHTS: Page(ScoresForm), REGION: Page(RegionForm, beside=("unit",), days=DAYS[0])}


@dataclass(frozen=True)
class Shown:
    """What a kept view shows to its reader: the unit, and the arguments of analytics.services.scoring."""

    page: str
    unit: OrgUnit
    question: Mapping[str, Any]
    days: int
    rolls: bool  # its days move on with the calendar


def cleaned_view(page: str, said: str, *, today: date) -> str:
    """The parameters as they are kept, in the page's own order. CannotKeep names what the page does not know, or what
    is wrong with it."""
    kind = PAGES[page]
    pairs = parse_qsl(said.strip().removeprefix("?"))
    given = {name: clean_line(value) for name, value in pairs}
    form = kind.form(given, today=today)
    known = [*kind.beside, *(name for name in form.fields if name not in NOT_KEPT)]
    if unknown := [name for name in given if name not in known and name not in NOT_KEPT]:
        raise CannotKeep(f"The page has no filter “{unknown[0][:40]}”.")
    if len(pairs) != len(given):
        raise CannotKeep("A filter is given twice.")
    if not form.is_valid():
        raise CannotKeep(next(iter(form.errors.values()))[0])
    kept = urlencode({name: given[name] for name in known if name in given})
    if len(kept) > LONGEST:
        raise CannotKeep("That is too long to be kept.")
    return kept


def rolling(page: str, kept: str, *, today: date) -> str | None:
    """The same with days that move on, if it has a first and a last day; None if it has none to move."""
    given = dict(parse_qsl(kept))
    if page != INSIGHTS or not ({"from", "to"} & given.keys()):
        return None
    period = InsightsForm(given, today=today)
    if not period.is_valid():
        return None
    days = (period.cleaned_data["to"] - period.cleaned_data["from"]).days + 1
    rest = {name: value for name, value in given.items() if name not in {"from", "to"}}
    return cleaned_view(page, urlencode(rest | {"days": days}), today=today)


def address_of(view: SavedFilter) -> str:
    """Where the page of a kept view is."""
    given = dict(parse_qsl(view.query))
    if view.page != REGION:
        return f"{reverse('insights')}?{view.query}" if view.query else reverse("insights")
    path = reverse("region", kwargs={"unit": given.pop("unit")})
    return f"{path}?{urlencode(given)}" if given else path


def shown_to(principal: Principal, *, page: str, query: str, at: datetime) -> Shown:
    """What the view shows to `principal` now. CannotKeep if the page does not take it (any more), OutOfSight if they do
    not see its unit."""
    given = dict(parse_qsl(cleaned_view(page, query, today=at.date())))
    form: Any = PAGES[page].form(given, today=at.date())
    form.is_valid()
    unit = _unit(principal, page, given.get("unit", ""), at)
    if page == REGION:
        return Shown(page, unit, {"view": form.view()}, PAGES[page].days, rolls=True)
    question = form.answer()
    days = (question["end"] - question["start"]).days + 1
    return Shown(page, unit, question, days, rolls=not ({"from", "to"} & given.keys()))


def _unit(principal: Principal, page: str, named: str, at: datetime) -> OrgUnit:
    seen = OrgUnit.objects.visible_to(principal, FUNCTION)
    if page == REGION:
        source, _, external_id = named.partition(":")
        found = seen.filter(source=source, external_id=external_id).first()
    elif named:
        found = seen.filter(pk=named).first()
    else:
        found = next(iter(top_units(principal, at=at)), None)
    if found is None:
        raise OutOfSight
    return found


def kept_views(principal: Principal) -> list[SavedFilter]:
    """Views of these pages that somebody kept or was given, by name."""
    seen = SavedFilter.objects.visible_to(principal).filter(page__in=PAGES)
    return list(seen.select_related("by__employee", "unit"))


@transaction.atomic
def keep_view(*, page: str, query: str, name: str, unit: OrgUnit | None, by: User, at: datetime) -> SavedFilter:
    """Keep a view under a name, for oneself or shared with those who work at `unit`. CannotKeep says why not."""
    kept = cleaned_view(page, query, today=at.date())
    try:
        shown_to(by, page=page, query=kept, at=at)
    except OutOfSight:
        raise CannotKeep("The unit of this view is not in your sight.") from None
    if SavedFilter.objects.filter(by=by, name=name).exists():
        raise CannotKeep("You have a view of this name already.")
    view = SavedFilter.objects.create(page=page, query=kept, name=name, unit=unit, by=by)
    Event.objects.record("view.kept", subject=view, by=by, at=at, page=page)
    return view


@transaction.atomic
def throw_away(view: SavedFilter, *, by: User, at: datetime) -> None:
    """Its author throws a view away; those who had it by mail are told on their page that it ended."""
    from_here = list(view.subscriptions.filter(ended_at=None))
    for subscription in from_here:
        subscription.end(by=by, at=at, why="the view was thrown away")
    Event.objects.record("view.thrown_away", subject=view, by=by, at=at, subscriptions=len(from_here))
    view.delete()
