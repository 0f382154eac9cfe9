"""Brakes: a program whose mail bounces or draws complaints is stopped before a provider would stop us.

Bounces and complaints count for the hour in which the mail went out, so that late reports of a large mailing are not
held against a small one. Looked at are the mails of one day and of seven, the worse counts. What was sent is counted
anew for the last hours, from the deliveries themselves; the other two as they are heard.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models.functions import TruncHour

from common.claims import one_at_a_time
from common.models import Event, User
from common.queue import enqueue
from surveys.inbound.brakes import Figures, Level, Limits, findings
from surveys.models import Brake, MailHour

DAYS = (1, 7)
KEPT = timedelta(days=90)
Stand = dict[int, list[tuple[datetime, Figures]]]

_COUNT = """
INSERT INTO surveys_mailhour AS old (program_id, hour, sent, bounced, complained)
VALUES (%(program)s, date_trunc('hour', %(hour_of)s::timestamptz, 'UTC'), 0, %(bounced)s, %(complained)s)
ON CONFLICT (program_id, hour) DO UPDATE
SET bounced = old.bounced + excluded.bounced, complained = old.complained + excluded.complained
"""
# from the start of an hour, so that whole hours are counted; again and again with the same outcome
_COUNT_SENT = """
INSERT INTO surveys_mailhour AS old (program_id, hour, sent, reminders, bounced, complained)
SELECT n.program_id, date_trunc('hour', d.started_at, 'UTC') AS hour, count(*), count(*) FILTER (WHERE m.kind <> 'ask'),
       0, 0
FROM surveys_deliveryattempt d
JOIN surveys_message m ON m.id = d.message_id JOIN surveys_invitation n ON n.id = m.invitation_id
WHERE d.started_at >= %s AND d.outcome IN ('accepted', 'unknown')
GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (program_id, hour) DO UPDATE SET sent = excluded.sent, reminders = excluded.reminders
WHERE old.sent <> excluded.sent
"""
_STOPPED = "SELECT 1 FROM surveys_brake WHERE program_id = %s AND level = 'stop' AND released_at IS NULL"


def count(*, program: int, hour_of: datetime, bounced: int = 0, complained: int = 0) -> None:
    """Mail of `program` (id) that went out in that hour bounced, or drew a complaint."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"program": program, "hour_of": hour_of, "bounced": bounced, "complained": complained})


def stopped_programs() -> list[int]:
    """Ids of the programs whose messages have to wait."""
    return list(Brake.objects.filter(level=Level.STOP, released_at=None).values_list("program", flat=True))


def is_stopped(program: int) -> bool:
    """Whether messages of `program` (id) have to wait now; asked for every message, hence by hand."""
    with connection.cursor() as cursor:
        cursor.execute(_STOPPED, [program])
        return cursor.fetchone() is not None


@transaction.atomic
def mind_brakes(*, at: datetime, programs: Collection[int] | None = None) -> int:
    """Warn of, stop and no longer warn of programs (ids; default: all that sent anything in seven days); how many
    brakes are on."""
    one_at_a_time("surveys.brakes")
    known = {(row.program_id, row.what): row for row in Brake.objects.filter(released_at=None)}
    if programs is not None and not _worse(_stand(at, programs), known, at):
        return len(known)  # by what was counted minutes ago, which is too little rather than too much
    count_sent(at=at)
    stand = _stand(at, programs)
    for program in {*stand, *(of for of, _ in known if programs is None or of in programs)}:
        found, figures = _look(stand.get(program, []), at)
        new = {
            what: Brake(program_id=program, what=what, level=level, at=at, figures=figures)
            for what, level in found.items()
        }
        for what in Brake.What.values:
            _set(known.get((program, what)), new.get(what), at)
    return Brake.objects.filter(released_at=None).count()


def _worse(stand: Stand, known: dict[tuple[int, str], Brake], at: datetime) -> bool:
    """Whether anything is found that no brake says yet."""
    levels = {key: Level(row.level) for key, row in known.items()}
    found = {(program, what): level for program, hours in stand.items() for what, level in _look(hours, at)[0].items()}
    return any(levels.get(key) not in {level, Level.STOP} for key, level in found.items())


def count_sent(*, at: datetime) -> None:
    """Count anew what was sent since the last hour that was counted."""
    hour = _hour(at)
    last = MailHour.objects.filter(sent__gt=0, hour__lte=hour).order_by("-hour").values_list("hour", flat=True).first()
    since = max(min(last or hour, hour) - timedelta(hours=1), hour - timedelta(days=max(DAYS)))
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_SENT, [since if last else hour - timedelta(days=max(DAYS))])


def _stand(at: datetime, programs: Collection[int] | None) -> Stand:
    """By program, hour after hour, what counts: since a person released its brakes, if one did."""
    rows = MailHour.objects.filter(hour__gt=_hour(at) - timedelta(days=max(DAYS)))
    rows = rows if programs is None else rows.filter(program__in=programs)
    released = _releases(at)
    stand: Stand = {}
    for program, hour, *numbers in rows.values_list("program", "hour", "sent", "bounced", "complained"):
        figures, release = Figures(*numbers), released.get(program)
        if release and hour < release[0]:
            figures = Figures()
        elif release and hour == release[0]:
            figures = figures.without(release[1])
        stand.setdefault(program, []).append((hour, figures))
    return stand


def _releases(at: datetime) -> dict[int, tuple[datetime, Figures]]:
    """By program, the hour of its last release by a person and what had been counted in it."""
    rows = Brake.objects.filter(released_by__isnull=False, released_at__gt=at - timedelta(days=max(DAYS) + 1))
    rows = rows.annotate(hour=TruncHour("released_at", tzinfo=UTC)).order_by("released_at")
    said = rows.values_list("program", "hour", "counted_before")
    return {program: (hour, Figures(*before)) for program, hour, before in said}


def _look(hours: list[tuple[datetime, Figures]], at: datetime) -> tuple[dict[str, Level], dict[str, Any]]:
    """{bounces or complaints: the worst level}, and the figures that say so."""
    limits = {"bounces": Limits(*settings.BRAKE_BOUNCES), "complaints": Limits(*settings.BRAKE_COMPLAINTS)}
    worst: dict[str, Level] = {}
    told: dict[str, Any] = {}
    for days in reversed(DAYS):
        since = at - timedelta(days=days)
        total = Figures(*(sum(column) for column in zip(*(f for hour, f in hours if hour > since), strict=True)))
        for finding in findings(total, **limits):
            if worst.get(finding.what) is not Level.STOP:
                worst[finding.what] = finding.level
                told = {**total._asdict(), "days": days}
    return worst, told


def _set(known: Brake | None, found: Brake | None, at: datetime) -> None:
    """Put a brake on, tighten it, or stop warning. What has stopped stays stopped until a person releases it."""
    if known is None and found is not None:
        found.save()
        _tell(found, at)
    elif known is not None and known.level == Level.WARN and found is None:
        known.released_at = at
        known.save(update_fields=["released_at"])
    elif known is not None and found is not None and (known.level, found.level) == (Level.WARN, Level.STOP):
        known.level, known.at, known.figures = found.level, at, found.figures
        known.save(update_fields=["level", "at", "figures"])
        _tell(known, at)


def _tell(brake: Brake, at: datetime) -> None:
    verb = "program.stopped" if brake.level == Level.STOP else "program.warned_of"
    Event.objects.record(verb, subject=brake.program, at=at, rule=brake.what, brake=brake.pk, **brake.figures)


@transaction.atomic
def release(*, brake: Brake, at: datetime, by: User) -> None:
    """A person has seen to it: messages of the program go out again, and counting begins anew."""
    one_at_a_time("surveys.brakes")
    count_sent(at=at)
    hour = MailHour.objects.filter(program=brake.program_id, hour=_hour(at))
    before = list(hour.values_list("sent", "bounced", "complained").first() or Figures())
    open_ones = Brake.objects.filter(program=brake.program_id, released_at=None)
    if not open_ones.filter(pk=brake.pk, level=Level.STOP).update(
        released_at=at, released_by=by, counted_before=before
    ):
        raise ValidationError("This program is not stopped for that any more.")
    open_ones.filter(level=Level.STOP).update(released_at=at, released_by=by, counted_before=before)
    Event.objects.record("program.resumed", subject=brake.program, by=by, at=at, rule=brake.what, brake=brake.pk)
    enqueue("surveys.tasks.dispatch")


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
