"""Taking what became of invitations into the analytic database: a fact each, then the cells of the rollup.

`fill_invitations` takes the notes that the database left about invitations whose disposition may have changed
(`surveys.models.DispositionNote`), and those whose link expired since they were counted; it computes them anew by the
one rule (`surveys.models.dispositions`) and counts their cells anew, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate

from analytics.models import DirtyCell, InvitationFact
from analytics.services.filling.counting import done, hold, recount
from analytics.stats import OF_INVITATIONS
from common.arrays import any_of
from surveys.models import DispositionNote, Invitation, ProvisionalScore
from surveys.models.dispositions import with_disposition

_COLUMNS = ("id", "program_id", "unit_id", "channel", "made_on", "expires_at", "disposition", "clicked", "by_machine")
_KEEP = """
WITH fresh (invitation_id, program_id, unit_id, channel, day, expires_at, disposition, clicks, automatic) AS (
  {fresh}
), before AS (
  SELECT unit_id, day FROM analytics_invitationfact WHERE {which}
), gone AS (
  DELETE FROM analytics_invitationfact WHERE {which} AND invitation_id NOT IN (SELECT invitation_id FROM fresh)
), kept AS (
  INSERT INTO analytics_invitationfact
    (invitation_id, program_id, unit_id, channel, day, expires_at, disposition, clicks, automatic)
  SELECT invitation_id, program_id, unit_id, channel, day, expires_at, disposition, clicks, automatic FROM fresh
  ON CONFLICT (invitation_id) DO UPDATE SET
    program_id = excluded.program_id, unit_id = excluded.unit_id, channel = excluded.channel, day = excluded.day,
    expires_at = excluded.expires_at, disposition = excluded.disposition, clicks = excluded.clicks,
    automatic = excluded.automatic
  RETURNING unit_id, day
)
INSERT INTO analytics_dirtycell (rollup, unit_id, day)
SELECT rollup, unit_id, day FROM (TABLE before UNION TABLE kept) cell CROSS JOIN unnest(%s::text[]) AS rollup
ON CONFLICT DO NOTHING
"""


def fill_invitations(*, at: datetime, limit: int = 20_000) -> int:
    """Take in up to `limit` notes, and as many invitations that expired; how many invitations were counted anew."""
    expired = InvitationFact.objects.expired(at)
    waiting = (expired, DispositionNote.objects, DirtyCell.objects.of(OF_INVITATIONS))
    if not any(rows.exists() for rows in waiting):
        return 0
    with transaction.atomic():
        hold(OF_INVITATIONS, at)
        ids = {*DispositionNote.objects.take(limit), *expired.values_list("pk", flat=True)[:limit]}
        if ids:
            _keep(Invitation.objects.filter(any_of("pk", ids)), "invitation_id = ANY(%s)", [list(ids)], at=at)
        recount(OF_INVITATIONS)
        done(OF_INVITATIONS, at, more=len(ids))
    return len(ids)


def count_all(*, at: datetime) -> None:
    """Facts of all invitations, where there are none yet, and the marks of their cells."""
    _keep(Invitation.objects.all(), "true", [], at=at)


def _keep(rows: QuerySet[Invitation], which: str, values: Collection[Any], *, at: datetime) -> None:
    """Bring the facts of `rows` up to date and mark the cells they were and are in; `which` names their facts. Facts of
    invitations that are there no longer go."""
    fresh, params = computed(rows, at=at).query.sql_with_params()
    names = [rollup.name for rollup in OF_INVITATIONS]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP.format(fresh=fresh, which=which), [*params, *values, *values, names])


def computed(rows: QuerySet[Invitation], *, at: datetime) -> Any:
    """What the facts of these invitations are at `at`, from the rows themselves: tuples of _COLUMNS."""
    counted: Any = with_disposition(rows.order_by(), at=at)
    return counted.annotate(
        made_on=TruncDate("created_at", tzinfo=UTC),
        clicked=_clicks(Q(), "settled"),
        by_machine=_clicks(Q(automatic=True), "automatic"),
    ).values_list(*_COLUMNS)


def _clicks(which: Q, tallied: str) -> Any:
    """Settled ones, with the number that forgotten ones left."""
    settled = ProvisionalScore.objects.filter(which, invitation=OuterRef("pk"), settled_at__isnull=False)
    number = settled.order_by().values("invitation").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number), 0, output_field=IntegerField()) + Coalesce(F(f"click_tally__{tallied}"), 0)
