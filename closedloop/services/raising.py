"""From answers to signals: what the loop is told about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce, JSONObject

from closedloop.models import AlertRule, CustomerSignal, PriorityBand, RoutingRule
from common.claims import set_mark, take_unmarked, work_off
from common.sql import AmongOwn
from crm.models import Customer
from surveys.models import Response
from surveys.scoring import category
from surveys.services.classifying.reading import read_at_once, words_of


def raise_signals(*, at: datetime, limit: int = 500, history: int = 50_000) -> int:
    """Raise one signal for each revision of an answer that has none yet, up to `limit`; how many answers were taken.

    Answers without a score and without a customer are included. Loaded answers that are old when they arrive are
    history: marked without a signal, up to `history` of them, since nobody is to be called about them.
    """
    old, new = Response.objects.filter(_is_history(at)), Response.objects.filter(~_is_history(at))
    new = new.select_related("customer", "unit__calendar")
    passed_over = work_off(old, "signalled_at", partial(_pass_over, at=at), at=at, limit=history, among="history")
    return passed_over + work_off(new, "signalled_at", partial(_raise, at=at), at=at, limit=limit)


def _is_history(at: datetime) -> Q:
    oldest = at - timedelta(days=settings.SIGNAL_LOADED_DAYS)
    return Q(~Q(source=""), load__isnull=False, answered_at__lt=oldest)


def _pass_over(history: models.QuerySet[Response], *, at: datetime) -> int:
    taken = history.select_for_update(skip_locked=True)
    return Response.objects.filter(pk__in=taken.values("pk")).update(signalled_at=at)


def _raise(rows: models.QuerySet[Response], *, at: datetime) -> int:
    responses = take_unmarked(rows, "signalled_at", limit=None)
    if _by_topic():
        read_at_once([response.pk for response in responses], at=at)
    context = _context([response.pk for response in responses])
    words = words_of(responses)
    signals = [_signal(response, context[response.pk], words[response.pk]) for response in responses]
    CustomerSignal.objects.bulk_create(signals, ignore_conflicts=True)  # a mark that was emptied by hand
    set_mark(responses, "signalled_at", at)
    return len(responses)


def _by_topic() -> bool:
    """Some rule goes by the topics of answers: these are read first then, a moment sooner than they would be."""
    says = Cast("condition", models.TextField())
    rules = (model.objects.filter(active=True).alias(says=says) for model in (AlertRule, RoutingRule, PriorityBand))
    return any(rows.filter(says__contains='"filter": "topics"').exists() for rows in rules)


def _context(response_ids: list[int]) -> dict[int, Mapping[str, Any]]:
    """By response: the canonical person, and their previous answer (`score`, `category`) on the scale 0-10, if any."""
    rows = (
        Response.objects.filter(pk__in=response_ids)
        .annotate(person=Coalesce("customer__canonical", "customer"))
        .annotate(previous=Subquery(previous_answers().values(said=JSONObject(score="score", category="category"))[:1]))
        .values("pk", "person", "previous")
    )
    return {row["pk"]: row for row in rows}


def previous_answers() -> models.QuerySet[Response]:
    """For an outer query over Response annotated with `person`: that person's earlier answers of the same kind of
    program, on the scale 0-10, asked in the same words (`ProgramVersion.series`), at most 24 months older, latest first
    (by the time of answering). In which words an answer from elsewhere was asked for nobody knows: it is compared."""
    same_person = Customer.objects.filter(
        Q(pk=OuterRef(OuterRef("person"))) | Q(canonical=OuterRef(OuterRef("person")))
    )
    return (
        Response.objects.promoter_scale()
        .filter(customer__in=same_person.values("pk"), program__kind=OuterRef("program__kind"))
        .alias(then=AmongOwn("answered_at"))
        .filter(then__lt=OuterRef("answered_at"), then__gte=_TwoYearsBefore(OuterRef("answered_at")))
        .filter(Q(version=None) | Q(version__series=Coalesce(OuterRef("version__series"), F("version__series"))))
        .exclude(pk=OuterRef("pk"))
        .order_by("-then", "-pk")
    )


class _TwoYearsBefore(models.Func):
    """24 months by the calendar, in UTC."""

    template = "((%(expressions)s) - interval '24 months')"
    output_field = models.DateTimeField()


def _signal(response: Response, context: Mapping[str, Any], words: str) -> CustomerSignal:
    now = category(response.score, low=response.scale_min, high=response.scale_max)
    previous = context["previous"] or {}
    return CustomerSignal(
        kind=CustomerSignal.Kind.ANSWER,
        source_id=str(response.pk),
        revision=response.revision,
        response=response,
        program_id=response.program_id,
        customer_id=context["person"],
        interaction_id=response.interaction_id,
        unit_id=response.unit_id,
        employee_id=response.employee_id,
        score=response.score,
        category=now or "",
        previous_score=previous.get("score"),
        previous_category=previous.get("category") or "",
        text=words,
        callback=response.callback,
        at=response.updated_at,
    )
