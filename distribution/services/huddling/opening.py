"""Opening today's huddle: from then on everybody reads the same agenda."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from common.models import Event, User
from common.periods import local_day
from crm.models import OrgUnit
from distribution.errors import HuddleRefused
from distribution.huddles import FIRST, LONGEST
from distribution.models import Huddle
from distribution.services.huddling.gathering import gather, span_of
from distribution.services.huddling.membership import away_on, last_led, leader, team_of


@transaction.atomic
def open_today(*, unit: OrgUnit, by: User | None, at: datetime) -> Huddle:
    """The unit's huddle of its local day, opened. Who opens it second gets the one that is open; an earlier one that
    was left open is closed. Raises HuddleRefused where nobody works, and where it was closed already."""
    OrgUnit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    day = local_day(at, unit.zone_info)
    huddle = Huddle.objects.filter(unit=unit, day=day).first() or Huddle(unit=unit, day=day)
    huddle.unit = unit
    if huddle.closed_at is not None:
        raise HuddleRefused("Today's huddle has been held and closed. The next one is another day.")
    if huddle.opened_at is not None:
        return huddle
    team = team_of(unit, on=day)
    if not team:
        raise HuddleRefused("Nobody works in this unit today, so there is no huddle to hold.")
    _close_left_open(unit, before=day, at=at)
    away = away_on([who.pk for who in team], day)
    if huddle.lead_id not in {who.pk for who in team if who.pk not in away}:
        huddle.lead = leader(unit.pk, team, last_led([unit.pk], before=day), away=away)
    huddle.agenda = gather(span_of(unit, day=day, since=_since(unit, day, at), at=at), team)
    huddle.opened_at, huddle.opened_by = at, by
    huddle.save()
    Event.objects.record(
        "huddle.opened", subject=huddle, by=by, at=at, unit=unit.pk, lead=huddle.lead_id,
        actions=len(huddle.agenda["actions"]) + huddle.agenda["more_actions"], words=len(huddle.agenda["words"]),
    )  # fmt: skip
    return huddle


def _since(unit: OrgUnit, day: date, at: datetime) -> datetime:
    """When the last one was opened; at first a week ago, at most a month."""
    last = Huddle.objects.filter(unit=unit, opened_at__isnull=False, day__lt=day).order_by("-day").first()
    if last is None or last.opened_at is None:
        return datetime.combine(day - timedelta(days=FIRST), time.min, unit.zone_info).astimezone(UTC)
    return max(last.opened_at, at - timedelta(days=LONGEST))


def _close_left_open(unit: OrgUnit, *, before: date, at: datetime) -> None:
    left = Huddle.objects.filter(unit=unit, opened_at__isnull=False, closed_at=None, day__lt=before)
    rows = list(left.select_for_update())
    Huddle.objects.filter(pk__in=[row.pk for row in rows]).update(closed_at=at)
    Event.objects.record_each("huddle.closed", {row: {"left_open": True} for row in rows}, at=at)
