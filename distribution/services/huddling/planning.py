"""When a unit holds its huddle; and in the morning of it, telling who leads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from common.halving import apart
from common.models import Event, User
from common.outbox import MustNotGo
from common.periods import local_day
from common.queue import enqueue
from crm.models import Employee, OrgUnit
from distribution.errors import HuddleRefused
from distribution.huddles import is_held_on, next_day
from distribution.models import Dispatch, Huddle, HuddleAction, HuddleSeries
from distribution.mornings import OPENS
from distribution.services.addressing import reachable
from distribution.services.digesting import told_units
from distribution.services.huddling.membership import away_on, last_led, leader, members_of, team_of
from distribution.services.keeping_hours import HoursOf, hours_by_calendar

BATCH = 200


@transaction.atomic
def plan(*, unit: OrgUnit, weekdays: Collection[int], starts_at: time, by: User, at: datetime) -> HuddleSeries:
    """The unit holds its huddle on these days of the week (Monday is 0) at that time of its wall clock; on none any
    more if there are no days. Saying the same again changes nothing."""
    days = sorted(set(weekdays))
    OrgUnit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    series = HuddleSeries.objects.filter(unit=unit).first()
    if series is None and not days:
        raise HuddleRefused("Say on which days.")
    if series is None:
        series = HuddleSeries(unit=unit, weekdays=days, starts_at=starts_at, changed_at=at)
    elif (series.active, series.weekdays if series.active else [], series.starts_at) == (bool(days), days, starts_at):
        return series
    series.weekdays, series.starts_at, series.active = days or series.weekdays, starts_at, bool(days)
    series.changed_at = at
    series.save()
    told = {"unit": unit.pk, "weekdays": days, "starts_at": f"{starts_at:%H:%M}"}
    Event.objects.record("huddles.planned", subject=series, by=by, at=at, **told)
    return series


def call_due(*, at: datetime, batch: int = BATCH) -> int:
    """Announce every huddle of today whose morning has come to who leads it: a row each, then a mail; returns how many.
    Days missed are not made up for, and (unit, day) is unique whatever the race. What fails with one unit, the others
    do not notice."""
    due = list(_due(at))
    batches = (due[start : start + batch] for start in range(0, len(due), batch))
    return apart(partial(_call, at=at), batches, stage="huddles")


def _due(at: datetime) -> Iterator[tuple[int, date]]:
    """(unit, local day) of series whose day it is, from 06:30 on; two queries and one for each calendar."""
    units = told_units(at).filter(huddle_series__active=True).select_related("calendar", "huddle_series")
    hours_of = hours_by_calendar(at)
    days = {unit.pk: day for unit in units if (day := _today(unit, at, hours_of)) is not None}
    called = set(Huddle.objects.filter(unit__in=days, day__in=set(days.values())).values_list("unit", "day"))
    return ((unit, day) for unit, day in days.items() if (unit, day) not in called)


def _today(unit: OrgUnit, at: datetime, hours_of: HoursOf) -> date | None:
    now = at.astimezone(unit.zone_info)
    held = is_held_on(now.date(), weekdays=unit.huddle_series.weekdays, hours=hours_of(unit.calendar))
    return now.date() if held and now.time() >= OPENS else None


@transaction.atomic
def _call(mornings: list[tuple[int, date]], *, at: datetime) -> int:
    """A unit that another worker is at is left to it."""
    due = dict(mornings)
    held = OrgUnit.objects.filter(pk__in=due).order_by("pk").select_for_update(skip_locked=True, no_key=True)
    mine = {unit: due[unit] for unit in held.values_list("pk", flat=True)}
    called = set(Huddle.objects.filter(unit__in=mine, day__in=set(mine.values())).values_list("unit", "day"))
    rows = _with_leads({unit: day for unit, day in mine.items() if (unit, day) not in called}, at=at)
    huddles = Huddle.objects.bulk_create(rows)
    mails = [
        Dispatch(kind=Dispatch.Kind.HUDDLE, huddle=huddle, employee=huddle.lead, due_at=at, created_at=at)
        for huddle in huddles
        if huddle.lead is not None and reachable(huddle.lead, huddle.day)
    ]
    Dispatch.objects.bulk_create(mails)
    Event.objects.record_each("huddle.called", {h: {"unit": h.unit_id, "lead": h.lead_id} for h in huddles}, at=at)
    if mails:
        enqueue("distribution.tasks.send")
    return len(huddles)


def _with_leads(days: dict[int, date], *, at: datetime) -> list[Huddle]:
    """Rows for units in which somebody works; units in zones a day apart are few, so that a day's are read together."""
    rows = []
    for day in sorted(set(days.values())):
        teams = members_of((unit for unit, its in days.items() if its == day), on=day)
        away = away_on({who.pk for team in teams.values() for who in team}, day)
        led = last_led(teams, before=day)
        rows += [
            Huddle(unit_id=unit, day=day, lead=leader(unit, team, led, away=away), planned_at=at)
            for unit, team in sorted(teams.items())
        ]
    return rows


def next_of(series: HuddleSeries, *, at: datetime) -> date | None:
    """The next day after today on which it is held."""
    today = local_day(at, series.unit.zone_info)
    hours = hours_by_calendar(at)(series.unit.calendar)
    return next_day(today, weekdays=series.weekdays, hours=hours) if series.active else None


def told_of(huddle: Huddle, *, reader: Employee, at: datetime) -> dict[str, Any]:
    """What the mail to who leads says. MustNotGo when its day has passed, it was opened meanwhile, or the reader is not
    of the team any more."""
    if local_day(at, huddle.unit.zone_info) != huddle.day:
        raise MustNotGo("its day has passed")
    if huddle.opened_at is not None:
        raise MustNotGo("the huddle was opened before the mail left")
    if reader not in team_of(huddle.unit, on=huddle.day):
        raise MustNotGo("the employee is not of the team any more")
    series = HuddleSeries.objects.filter(unit=huddle.unit_id, active=True).first()
    if series is None:
        raise MustNotGo("the unit holds no huddles any more")
    carried = HuddleAction.objects.open().filter(unit=huddle.unit_id)
    return {
        "huddle": huddle,
        "starts_at": series.starts_at,
        "carried": carried.count(),
        "late": carried.filter(due_on__lt=huddle.day).count(),
        "url": f"{settings.PUBLIC_URL}{huddle.get_absolute_url()}",
    }
