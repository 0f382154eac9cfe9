"""Minding the feeds: where each one stands, and which has gone silent. One statement reads them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from common.claims import one_at_a_time
from common.models import Event
from crm.models import Feed, FeedState, Silence
from crm.models.sources import LATE_HOURS
from crm.volumes import ALL_REFUSED, FAR, GAPS, LONG_WEEKEND, WEEKS, least, patience, usual

PATIENCE = timedelta(
    hours=3
)  # a day is judged when it has been over for so long: a nightly file may come after midnight
EXPECTED_HOURS = LONG_WEEKEND // timedelta(hours=1)  # of a system with a key, until somebody says otherwise
SHOWN = ("at", "last_at", "today", "yesterday", "usual", "least", "week_received", "week_rejected")


@dataclass(frozen=True)
class Standing:
    """A feed at one moment, in rows that could be taken. `past`: what the last same weekdays before yesterday brought,
    as far as the feed is that old; its first day, a part of one, is left out, and so are days that lay within a
    silence; `day_began`: when yesterday began on the feed's clock; `gaps`: between the days of its last deliveries,
    silences left out; `refused`: rows of the days since the last one on which any was taken, `refused_from`: when the
    first of these days began."""

    feed_id: int
    last_at: datetime | None
    today: int
    yesterday: int
    past: list[int]
    week_received: int
    week_rejected: int
    day_began: datetime
    gaps: list[timedelta]
    refused: int
    refused_from: datetime | None

    @property
    def usual(self) -> float | None:
        return usual(self.past)

    def least(self, feed: Feed) -> int:
        """The fewest rows of yesterday that would not be silence."""
        return least(self.past, tolerance=feed.tolerance) if feed.learns else 0

    def silent(self, feed: Feed, at: datetime, lasting: Silence | None = None) -> tuple[str, datetime] | None:
        """(rule, since) if the feed is silent. By volume it is so until a day, today or yesterday, has brought enough;
        `lasting`: the silence that is known, if there is one. What was declared goes before what was learned."""
        if not feed.expected:
            return None
        if self.refused_from is not None and self.refused >= ALL_REFUSED:
            return Silence.Rule.REFUSED, self.refused_from
        heard = self.last_at or feed.began_at
        if feed.every_hours and at - heard > timedelta(hours=feed.every_hours):
            return Silence.Rule.INTERVAL, heard
        if max(self.yesterday, self.today) < self._enough(feed, lasting):
            return Silence.Rule.VOLUME, self.day_began
        if self._overdue(feed, at):
            return Silence.Rule.GAP, heard
        return None

    def _overdue(self, feed: Feed, at: datetime) -> bool:
        """Where nobody said how often something must come, the feed says it itself."""
        waits = patience(self.gaps) if feed.learns and not feed.every_hours else None
        return waits is not None and self.last_at is not None and at - self.last_at > waits

    def _enough(self, feed: Feed, lasting: Silence | None) -> int:
        """A silence by volume lasts over days that are always quiet; less is asked of a day that usually brings less,
        or since more is tolerated."""
        asked = self.least(feed)
        known = lasting.least if lasting and feed.learns else 0
        return min(asked, known) if asked and known else asked or known


@transaction.atomic
def mind(*, at: datetime) -> int:
    """Bring the state of every feed up to date, begin and end silences; how many feeds are silent."""
    one_at_a_time("crm.feeds.mind")
    _expect_of_keys(at)
    feeds = {feed.pk: feed for feed in Feed.objects.select_related("source")}
    standings = {row.feed_id: row for row in _standings(at)}
    _store(feeds, standings, at)
    known = {row.feed_id: row for row in Silence.objects.filter(ended_at=None)}
    found = {pk: said for pk, feed in feeds.items() if (said := standings[pk].silent(feed, at, known.get(pk)))}
    _begin([_silence(feeds[pk], standings[pk], said, at) for pk, said in found.items() if pk not in known], at)
    _end([(feeds[pk], row) for pk, row in known.items() if pk not in found], at)
    return len(found)


def _expect_of_keys(at: datetime) -> None:
    """A system that holds a key for interactions is expected to send some, also before it ever has."""
    with connection.cursor() as cursor:
        cursor.execute(_SYSTEMS, {"at": at})
        cursor.execute(_FEEDS, {"at": at, "hours": EXPECTED_HOURS, "late": LATE_HOURS})


def _standings(at: datetime) -> list[Standing]:
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"at": at - PATIENCE, "weeks": WEEKS, "far": FAR, "gaps": GAPS})
        return [Standing(*row) for row in cursor.fetchall()]


def _store(feeds: dict[int, Feed], standings: dict[int, Standing], at: datetime) -> None:
    states = [_state(feeds[pk], standing, at) for pk, standing in standings.items()]
    FeedState.objects.bulk_create(states, update_conflicts=True, unique_fields=["feed"], update_fields=SHOWN)


def _state(feed: Feed, standing: Standing, at: datetime) -> FeedState:
    counted: dict[str, Any] = {
        name: getattr(standing, name)
        for name in ("last_at", "today", "yesterday", "usual", "week_received", "week_rejected")
    }
    return FeedState(feed=feed, at=at, least=standing.least(feed), **counted)


def _silence(feed: Feed, standing: Standing, said: tuple[str, datetime], at: datetime) -> Silence:
    rule, since = said
    asked = standing.least(feed) if rule == Silence.Rule.VOLUME else 0
    return Silence(feed=feed, rule=rule, since=since, noticed_at=at, least=asked)


def _begin(found: list[Silence], at: datetime) -> None:
    Silence.objects.bulk_create(found)
    told: dict[Any, dict[str, Any]] = {row.feed: {"rule": row.rule, "source": row.feed.source_id} for row in found}
    Event.objects.record_each("feed.went_silent", told, at=at)


def _end(over: list[tuple[Feed, Silence]], at: datetime) -> None:
    Silence.objects.filter(pk__in=[row.pk for _, row in over]).update(ended_at=at)
    told: dict[Any, dict[str, Any]] = {
        feed: {"rule": row.rule, "hours": round((at - row.since) / timedelta(hours=1), 1)} for feed, row in over
    }
    Event.objects.record_each("feed.heard_again", told, at=at)


_SYSTEMS = """
INSERT INTO crm_source (code, name, contact, zone, created_at)
SELECT k.source, k.source, '', 'UTC', min(k.created_at) FROM crm_apikey k
WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %(at)s) AND 'interactions:write' = ANY(k.scopes)
  AND NOT EXISTS (SELECT FROM crm_source s WHERE s.code = k.source)
GROUP BY k.source ON CONFLICT (code) DO NOTHING
"""
_FEEDS = """
INSERT INTO crm_feed (
    source_id, kind, columns, expected, every_hours, learns, tolerance, late_hours, needs_totals, began_at
)
SELECT s.id, 'interactions', '{}', true, %(hours)s, true, 50, %(late)s, false, min(k.created_at)
FROM crm_apikey k JOIN crm_source s ON s.code = k.source
WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %(at)s) AND 'interactions:write' = ANY(k.scopes)
  AND NOT EXISTS (SELECT FROM crm_feed f WHERE f.source_id = s.id AND f.kind = 'interactions')
GROUP BY s.id ON CONFLICT (source_id, kind) DO NOTHING
"""
_STANDINGS = """
WITH clock AS (
    SELECT f.id, s.zone, (%(at)s AT TIME ZONE s.zone)::date AS today,
           least((f.began_at AT TIME ZONE s.zone)::date,
                 (SELECT min(day) FROM crm_feedday WHERE feed_id = f.id)) AS first
    FROM crm_feed f JOIN crm_source s ON s.id = f.source_id
)
SELECT c.id, recent.last_at, coalesce(recent.today, 0), coalesce(recent.yesterday, 0),
       ARRAY(
           SELECT coalesce(d.received - d.rejected, 0) FROM generate_series(1, %(far)s) AS week
           LEFT JOIN crm_feedday d ON d.feed_id = c.id AND d.day = c.today - 1 - 7 * week
           WHERE c.today - 1 - 7 * week > c.first AND NOT EXISTS (
               SELECT FROM crm_silence s WHERE s.feed_id = c.id
                 AND s.since <= (c.today - 1 - 7 * week)::timestamp AT TIME ZONE c.zone
                 AND (s.ended_at IS NULL OR s.ended_at >= (c.today - 7 * week)::timestamp AT TIME ZONE c.zone)
           )
           ORDER BY week LIMIT %(weeks)s
       ),
       coalesce(recent.received, 0), coalesce(recent.rejected, 0),
       ((c.today - 1)::timestamp AT TIME ZONE c.zone),
       ARRAY(
           SELECT g.gap FROM (
               SELECT d.day, d.last_at, lag(d.last_at) OVER days AS before, d.last_at - lag(d.last_at) OVER days AS gap
               FROM crm_feedday d WHERE d.feed_id = c.id AND d.day > c.today - 14 * %(far)s
               WINDOW days AS (ORDER BY d.day)
           ) g
           WHERE g.gap IS NOT NULL AND NOT EXISTS (
               SELECT FROM crm_silence s WHERE s.feed_id = c.id AND s.since >= g.before AND s.since < g.last_at
           )
           ORDER BY g.day DESC LIMIT %(gaps)s
       ),
       refused.rows, refused.day::timestamp AT TIME ZONE c.zone
FROM clock c CROSS JOIN LATERAL (
    SELECT max(last_at) AS last_at,
           (sum(received - rejected) FILTER (WHERE day >= c.today))::bigint AS today,
           (sum(received - rejected) FILTER (WHERE day = c.today - 1))::bigint AS yesterday,
           (sum(received) FILTER (WHERE day > c.today - 8))::bigint AS received,
           (sum(rejected) FILTER (WHERE day > c.today - 8))::bigint AS rejected
    FROM crm_feedday WHERE feed_id = c.id
) AS recent CROSS JOIN LATERAL (
    SELECT coalesce(sum(received), 0)::bigint AS rows, min(day) AS day FROM crm_feedday
    WHERE feed_id = c.id AND day > coalesce(
        (SELECT max(day) FROM crm_feedday WHERE feed_id = c.id AND received > rejected), '-infinity'
    )
) AS refused
"""
