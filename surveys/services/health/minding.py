"""Minding the trigger: how every program stands with every source, and departures that begin and end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from common.claims import one_at_a_time
from common.models import Event
from surveys.departing import ASKED, Shift, Span
from surveys.models import Departure, ProgramVersion, TriggerHealth
from surveys.services.health.counting import fold_counts
from surveys.services.health.expecting import Pair, Standing, standings
from surveys.services.triggering.in_force import versions_in_force

Rule = Departure.Rule
FEWEST = 5  # occasions usual in the hours so far before their shares are looked at


class Found(NamedTuple):
    since: datetime
    figures: dict[str, Any]


@transaction.atomic
def mind(*, at: datetime) -> int:
    """Bring the health of every program in force up to date, begin and end departures; how many there are."""
    one_at_a_time("surveys.health.mind")
    fold_counts()
    versions = {version.program_id: version for version in versions_in_force(at=at)}
    since = {pk: version.published_at for pk, version in versions.items() if version.published_at}
    found = standings(at=at, since=since)
    _store(found, at)
    known = {(row.program_id, row.source, row.rule): row for row in Departure.objects.filter(ended_at=None)}
    lasting: dict[tuple[int, str, str], Found] = {}
    for standing in found:
        for rule, departed in departures_of(standing, set(known)).items():
            lasting[(*standing.pair, rule)] = departed
    _begin({key: row for key, row in lasting.items() if key not in known}, versions, at)
    _go_on({known[key]: row for key, row in lasting.items() if key in known})
    _end([row for key, row in known.items() if key not in lasting], {each.pair for each in found}, set(versions), at)
    return len(lasting)


def departures_of(standing: Standing, known: set[tuple[int, str, str]]) -> dict[str, Found]:
    """{rule: since when, and the figures}. Too little, or another mix, is over as soon as today says so; too much when
    neither day has it. On a holiday nothing begins, and what was known goes on."""
    today, yesterday, began = standing.today, standing.yesterday, standing.day_began
    before = began - timedelta(days=1)
    found: dict[str, Found] = {}
    if few := _few(today, began) or (None if _enough(today) else _few(yesterday, before)):
        found[Rule.FEW] = few
    if many := _many(today, began) or _many(yesterday, before):
        found[Rule.MANY] = many
    telling = today if today and (today.usual or 0) >= FEWEST and today.number >= FEWEST else yesterday
    found |= _of_shares(telling, began if telling is today else before)
    if today is None and yesterday is None:
        lasting = {rule for *pair, rule in known if tuple(pair) == standing.pair}
        found |= {rule: Found(before, {}) for rule in lasting}
    return found


def _few(span: Span | None, since: datetime) -> Found | None:
    band = span.band if span else None
    if span is None or band is None or span.number >= band.low:
        return None
    return Found(since, {"occasions": span.number, "usual": round(span.usual or 0, 1), "least": band.low})


def _enough(span: Span | None) -> bool:
    """Whether the day so far says by itself that all is well."""
    band = span.band if span else None
    return bool(span and band and 0 < band.low <= span.number)


def _many(span: Span | None, since: datetime) -> Found | None:
    band = span.band if span else None
    if span is None or band is None or span.number <= band.high:
        return None
    return Found(since, {"occasions": span.number, "usual": round(span.usual or 0, 1), "most": band.high})


def _of_shares(span: Span | None, since: datetime) -> dict[str, Found]:
    if span is None:
        return {}
    found: dict[str, Found] = {}
    if asked := span.shift_of_asked():
        found[Rule.FEW_ASKED if asked.share < asked.before else Rule.MANY_ASKED] = Found(since, _told(asked))
    if shifts := span.shifts():
        found[Rule.REASONS] = Found(since, _told(shifts[0]))
    return found


def _told(shift: Shift) -> dict[str, Any]:
    share, before = round(shift.share, 4), round(shift.before, 4)
    return {"reason": shift.reason, "share": share, "before": before, "occasions": shift.of}


def _store(found: list[Standing], at: datetime) -> None:
    rows = [_health(standing, at) for standing in found]
    TriggerHealth.objects.exclude(pk__in=_existing({standing.pair for standing in found})).delete()
    names = [f.name for f in TriggerHealth._meta.concrete_fields if f.name not in {"id", "program", "source"}]
    TriggerHealth.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["program", "source"], update_fields=names
    )


def _existing(pairs: set[Pair]) -> list[int]:
    rows = TriggerHealth.objects.values_list("pk", "program", "source")
    return [pk for pk, program, source in rows if (program, source) in pairs]


def _health(standing: Standing, at: datetime) -> TriggerHealth:
    (today, yesterday), program_source = standing.counts, standing.pair
    row = TriggerHealth(
        program_id=program_source[0], source=program_source[1], at=at, holiday=standing.today is None,
        today=sum(today.values()), yesterday=sum(yesterday.values()), asked=yesterday.get(ASKED, 0),
    )  # fmt: skip
    if standing.today and (band := standing.today.band):
        row.today_low, row.today_high = band
    if standing.yesterday:
        row.usual, row.usual_asked = standing.yesterday.usual, standing.yesterday.usual_asked
        row.reasons = {"yesterday": dict(yesterday), "before": standing.yesterday.before}
        if band := standing.yesterday.band:
            row.low, row.high = band
    return row


def _begin(found: dict[tuple[int, str, str], Found], versions: dict[int, ProgramVersion], at: datetime) -> None:
    rows = [
        Departure(program_id=program, source=source, rule=rule, since=row.since, noticed_at=at, figures=row.figures)
        for (program, source, rule), row in found.items()
    ]
    Departure.objects.bulk_create(rows)
    told: dict[Any, dict[str, Any]] = {
        row: {"program": row.program_id, "version": versions[row.program_id].number, "rule": row.rule, **row.figures}
        for row in rows
    }
    Event.objects.record_each("trigger.departed", told, at=at)


def _go_on(found: dict[Departure, Found]) -> None:
    """The latest figures, where there are any."""
    for departure, row in found.items():
        departure.figures = row.figures or departure.figures
    Departure.objects.bulk_update(found, ["figures"])


def _end(over: list[Departure], expected: set[Pair], asking: set[int], at: datetime) -> None:
    """What ends because nothing is expected any more, of a source silent for weeks or a program out of force, is not
    said to be as usual."""
    Departure.objects.filter(pk__in=[row.pk for row in over]).update(ended_at=at)
    well = [row for row in over if (row.program_id, row.source) in expected]
    dropped = [row for row in over if (row.program_id, row.source) not in expected]
    Event.objects.record_each("trigger.as_usual_again", {row: _told_of(row, at) for row in well}, at=at)
    said: dict[Any, dict[str, Any]] = {
        row: _told_of(row, at) | {"why": "silent" if row.program_id in asking else "off"} for row in dropped
    }
    Event.objects.record_each("trigger.no_longer_expected", said, at=at)


def _told_of(row: Departure, at: datetime) -> dict[str, Any]:
    return {"program": row.program_id, "rule": row.rule, "hours": round((at - row.since) / timedelta(hours=1), 1)}
