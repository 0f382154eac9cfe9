"""Everybody in a recovery study is asked again on the same day after the answer, called or not: otherwise those who
were called would be asked later, and time would look like an effect."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from closedloop.models import RecoveryDraw, SecondAsk, Ticket
from common.claims import set_mark, take_unmarked, work_off
from surveys.services.occasions.asking_again import Again, ask_again


def ask_studied(*, at: datetime, limit: int = 500) -> int:
    """Make the turns of those whose day has come and who have no open ticket; how many draws were done with. Where no
    program of second surveys asks they are done with too: asked later they would not compare."""
    return work_off(_due(at), "asked_at", partial(_ask, at=at), at=at, limit=limit)


def _due(at: datetime) -> QuerySet[RecoveryDraw]:
    person = Coalesce("customer__canonical", "customer")
    due = RecoveryDraw.objects.filter(ask_at__lte=at).annotate(person=person)
    working = Ticket.objects.open()
    own, merged = working.filter(customer=OuterRef("person")), working.filter(customer__canonical=OuterRef("person"))
    return due.exclude(Q(Exists(own)) | Q(Exists(merged))).select_related("customer", "signal__response")


def _ask(due: QuerySet[RecoveryDraw], *, at: datetime) -> int:
    lots = {f"draw:{lot.pk}": lot for lot in take_unmarked(due, "asked_at", limit=None)}
    turns = ask_again([_again(key, lot) for key, lot in lots.items()], at=at)
    SecondAsk.objects.bulk_create(
        SecondAsk(turn=turn, lot=lots[key], first=lots[key].signal.response, at=at) for key, turn in turns.items()
    )
    set_mark(list(lots.values()), "asked_at", at)
    return len(lots)


def _again(key: str, lot: RecoveryDraw) -> Again:
    return Again(key, lot.customer.canonical_id_or_own, lot.unit_id, lot.signal.interaction_id, lot.signal.employee_id)
