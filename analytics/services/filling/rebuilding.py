"""All facts and rollups anew, from the rows that they are counted from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Model

from analytics.models import AnswerFact, DirtyCell, FillState, InvitationFact
from analytics.services.filling.answers import fold_all
from analytics.services.filling.counting import done_anew, hold, recount
from analytics.services.filling.invitations import count_all
from analytics.stats import OF_ANSWERS, OF_INVITATIONS, ROLLUPS
from common.models import Event, User
from common.planner import learn_sizes
from common.queue import enqueue
from surveys.services.folding_decisions import tally_anew


def request_rebuild(*, by: User, at: datetime, chosen: Iterable[FillState]) -> None:
    """Have the worker compute all rollups anew; the trail keeps who asked for it, on the rollups that were `chosen`."""
    with transaction.atomic():
        for state in chosen:
            Event.objects.record("rollup.rebuild_requested", subject=state, by=by, at=at)
        enqueue("analytics.tasks.refill")


def rebuild(*, at: datetime) -> int:
    """Throw every fact and cell away and compute them from responses and invitations; returns how many answers count.

    The tallies of decisions, which the database keeps, are counted anew before that, while the trigger waits.
    The tables are emptied with DELETE, which costs more than TRUNCATE but lets pages read the old figures until the
    new ones are committed. Marks and notes stay as they are: what changed meanwhile is taken in by the next filling.
    """
    _announce(at)
    tally_anew()
    with transaction.atomic():
        hold(ROLLUPS, at)
        emptied: list[type[Model]] = [*(rollup.target for rollup in ROLLUPS), DirtyCell, AnswerFact, InvitationFact]
        for model in emptied:
            model._base_manager.all()._raw_delete(using=connection.alias)
        fold_all()
        count_all(at=at)
        for rollups in (OF_ANSWERS, OF_INVITATIONS):
            recount(rollups)
        facts = AnswerFact.objects.count()
        done_anew(OF_ANSWERS, at, rows=facts)
        done_anew(OF_INVITATIONS, at, rows=InvitationFact.objects.count())
        for state in FillState.objects.all():
            Event.objects.record("rollup.rebuilt", subject=state, at=at, answers=state.answers)
    learn_sizes()
    return facts


def _announce(at: datetime) -> None:
    """Leave word that a rebuild began: a FillState that stays STARTED tells of one that died (nothing was lost)."""
    for rollup in ROLLUPS:
        began = {"status": FillState.Status.STARTED, "at": at}
        FillState.objects.update_or_create(rollup=rollup.name, defaults=began)
