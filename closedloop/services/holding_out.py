"""The lot of a recovery study: who is called, and who is held out. Called by screening, in its transaction.

The draw is that of sampling (`surveys.sampling`), sha256('seed:study:occasion'), so that an auditor can replay it
(`replay`). Whoever gives a reason that the lot does not decide is called, whatever it said.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model
from django.db.models.functions import Coalesce

from closedloop.filters import SignalFilter
from closedloop.models import AlertRule, CustomerSignal, RecoveryDraw, RecoveryStudy
from closedloop.services.briefing import rows_of
from closedloop.services.opening import Call, Person, Source
from common.conditions import compile_condition
from common.models import Event
from crm.models import Hold
from surveys.sampling import draw, drawn
from surveys.scoring import Category

log = logging.getLogger(__name__)
Why = RecoveryDraw.Why
OVER_THE_LOT = (Hold.Kind.BEREAVEMENT, Hold.Kind.COMPLAINT, Hold.Kind.LEGAL)
Signals = Mapping[Person, list[CustomerSignal]]


@dataclass
class Lots:
    """What the lot says about a batch: calls that go on; answers of which nobody is told; whom it let go, and why."""

    going: list[Call]
    held: set[Source] = field(default_factory=set)
    released: dict[Person, tuple[RecoveryDraw, str]] = field(default_factory=dict)


def occasion_of(signal: CustomerSignal) -> str:
    return f"{signal.kind}:{signal.source_id}"


def source_of(lot: RecoveryDraw) -> Source:
    """Kind and source id of the answer that was drawn."""
    kind, _, source_id = lot.occasion.partition(":")
    return kind, source_id


def sort_out(calls: list[Call], of_person: Signals, *, at: datetime) -> Lots:
    """Sort the calls of people without an open ticket. A query where nobody is held out and no study runs; otherwise a
    few for any number of calls."""
    standing = held_among(of_person, at=at)
    calling = {call.person: call for call in calls}
    lots = Lots([call for call in calls if call.person not in standing])
    spared = _spared(standing.values(), of_person)
    for person, lot in standing.items():
        why = _reason(lot, of_person[person], spared, calling.get(person))
        if why:
            lots.released[person] = lot, why
            lots.going.append(_call(person, lot, of_person[person]))
        else:
            lots.held.add(source_of(lot))
    _draw(lots, of_person, at)
    return lots


def held_among(people: Collection[Person], *, at: datetime) -> dict[Person, RecoveryDraw]:
    """The draw of each of these people who is held out, whichever of their merged rows it stands on."""
    known = [person for person in people if isinstance(person, int)]
    rows = RecoveryDraw.objects.held(at).filter(customer__in=rows_of(known)).select_related("rule__policy", "study")
    found = rows.annotate(person=Coalesce("customer__canonical", "customer")).order_by("-pk")
    return {getattr(lot, "person"): lot for lot in found}  # noqa: B009  # an annotation


def _reason(lot: RecoveryDraw, signals: list[CustomerSignal], spared: set[int], call: Call | None) -> str:
    """Why somebody held out is to be called after all; empty if they are not."""
    if any(signal.callback for signal in signals):
        return Why.WISH
    if any(signal.pk in spared for signal in signals):
        return Why.WORDS
    return Why.AGAIN if call and any(occasion_of(signal) != lot.occasion for signal in call.signals) else ""


def _spared(lots: Iterable[RecoveryDraw], of_person: Signals) -> set[int]:
    """Signals (ids) in the batch that the studies of people held out do not decide about: one query a study."""
    batch = [signal.pk for signals in of_person.values() for signal in signals]
    found: set[int] = set()
    for study in {lot.study for lot in lots}:
        found |= _left_alone(study, batch)
    return found


def _left_alone(study: RecoveryStudy, signals: Collection[int]) -> set[int]:
    """Those of `signals` (ids) that the study leaves alone; all of them where nobody can read which."""
    if not study.exclude:
        return set()
    return _meeting(study, "exclude", signals, unreadable=set(signals))


def _meeting(study: RecoveryStudy, name: str, signals: Collection[int], *, unreadable: set[int]) -> set[int]:
    try:
        condition = compile_condition(getattr(study, name), SignalFilter)
    except ValidationError:
        log.error("condition of a recovery study cannot be read", extra={"study": study.code, "condition": name})
        return unreadable
    return set(CustomerSignal.objects.filter(condition, pk__in=signals).values_list("pk", flat=True))


def _call(person: Person, lot: RecoveryDraw, signals: list[CustomerSignal]) -> Call:
    """The call that was held back: about the answer that was drawn, and what came since."""
    told = signals_of(lot)
    return Call(person, lot.rule, [*told, *(signal for signal in signals if signal not in told)])


def signals_of(lot: RecoveryDraw) -> list[CustomerSignal]:
    """Of the answer that was drawn, every revision that was screened."""
    kind, source_id = source_of(lot)
    rows = CustomerSignal.objects.filter(kind=kind, source_id=source_id, screened_at__isnull=False)
    return list(rows.select_related("customer", "unit__calendar", "response").order_by("revision"))


# --- drawing ------------------------------------------------------------------------------------------------------


def _draw(lots: Lots, of_person: Signals, at: datetime) -> None:
    """Draw those whose call begins now; the calls of the held out are taken from `lots.going`."""
    for study in RecoveryStudy.objects.running(at).order_by("pk"):
        fresh = [call for call in lots.going if call.person not in lots.released]
        rows = [_lot(study, call, at) for call in _eligible(study, fresh, of_person, at)]
        RecoveryDraw.objects.bulk_create(rows)
        told: dict[Model, dict[str, Any]] = {row: {"study": study.pk, "arm": str(row.arm)} for row in rows}
        Event.objects.record_each("recovery.drawn", told, at=at)
        held = {row.customer_id: source_of(row) for row in rows if row.arm == RecoveryDraw.Arm.HELD_OUT}
        lots.held |= set(held.values())
        lots.going = [call for call in lots.going if call.person not in held]


def _eligible(study: RecoveryStudy, calls: list[Call], of_person: Signals, at: datetime) -> list[Call]:
    """Detractors of the study's condition about whom the lot may decide, and who were never drawn: what they feel would
    still be that of the first draw."""
    plain = {call.person: call for call in calls if _is_plain(study, call, of_person[call.person])}
    if not plain:
        return []
    rows = rows_of(person for person in plain if isinstance(person, int))
    origins = {call.signals[0].pk for call in plain.values()}
    inside = _meeting(study, "condition", origins, unreadable=set())
    left_alone = _left_alone(study, [signal.pk for person in plain for signal in of_person[person]])
    serious = Hold.objects.in_force(at).filter(customer__in=rows, kind__in=OVER_THE_LOT)
    out = _people(RecoveryDraw.objects.filter(customer__in=rows)) | _people(serious)
    return [
        call
        for person, call in plain.items()
        if person not in out
        and call.signals[0].pk in inside
        and not any(signal.pk in left_alone for signal in of_person[person])
    ]


def _people(rows: Any) -> set[int]:
    """The canonical customers of rows."""
    return set(rows.annotate(person=Coalesce("customer__canonical", "customer")).values_list("person", flat=True))


def _is_plain(study: RecoveryStudy, call: Call, signals: list[CustomerSignal]) -> bool:
    """A detractor's answer, of somebody we know, under a rule of the study, who did not ask to be called and of whom
    nothing else came in."""
    if call.rule is None or not isinstance(call.person, int) or study.rule_id not in {None, call.rule.pk}:
        return False
    answers = all(signal.kind == CustomerSignal.Kind.ANSWER and not signal.callback for signal in signals)
    return answers and call.signals[0].category == Category.DETRACTOR


def _lot(study: RecoveryStudy, call: Call, at: datetime) -> RecoveryDraw:
    signal = call.signals[0]
    number = draw(study.seed, study.code, occasion_of(signal))
    held = drawn(number, study.share)
    return RecoveryDraw(
        study=study, customer_id=cast("int", call.person), occasion=occasion_of(signal), signal=signal,
        rule=cast("AlertRule", call.rule),
        unit_id=signal.unit_id, draw=number, probability=study.share, at=at,
        ask_at=at + timedelta(days=study.ask_after_days),
        arm=RecoveryDraw.Arm.HELD_OUT if held else RecoveryDraw.Arm.CALLED,
        held_until=at + timedelta(days=study.hold_days) if held else None,
    )  # fmt: skip


# --- replaying ----------------------------------------------------------------------------------------------------

_REPLAY = """
SELECT count(*), count(*) FILTER (WHERE n <> d.draw OR (n < d.probability * 18446744073709551616)
    <> (d.arm = 'held_out'))
FROM closedloop_recoverydraw d JOIN closedloop_recoverystudy s ON s.id = d.study_id, LATERAL (
    SELECT ('x' || encode(substring(sha256(convert_to(
        s.seed || ':' || s.code || ':' || d.occasion, 'UTF8')) FROM 1 FOR 8), 'hex'))::bit(64)::bigint::numeric AS v
) drawn, LATERAL (SELECT CASE WHEN v < 0 THEN v + 18446744073709551616 ELSE v END AS n) number
WHERE d.study_id = %s
"""


def replay(study: RecoveryStudy) -> tuple[int, int]:
    """How many draws there are, and how many of them are not what the lot gives: drawn again by the database."""
    with connection.cursor() as cursor:
        cursor.execute(_REPLAY, [study.pk])
        drawn_, wrong = cursor.fetchone()
    return int(drawn_), int(wrong)
