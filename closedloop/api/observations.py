"""/api/v1/speech-signals and /api/v1/operational-failures: what other systems noticed without anybody being asked."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from closedloop.models import CustomerSignal, Observation
from closedloop.services.observing import ingest_failures, ingest_speech
from closedloop.shapes import FailureShape, SpeechShape
from crm.api.resources import Collection, Offer, Single, documented
from crm.api.serializers import RowId
from crm.sight import Principal

SCOPE, VIEW = "signals:write", "closedloop.view_customersignal"
EVERY = ("source", "external_id", "reason", "severity", "words", "occurred_at", "received_at")
WHOSE = ("interaction", "unit", "customer", "employee", "ticket")


class FailureRow(serializers.ModelSerializer[Observation]):
    unit = RowId()
    customer, employee, interaction = RowId(allow_null=True), RowId(allow_null=True), RowId(allow_null=True)
    ticket = serializers.SerializerMethodField(help_text="Our id of the ticket that it opened or joined.")

    class Meta:
        model = Observation
        fields: tuple[str, ...] = (*EVERY, *WHOSE)

    def get_ticket(self, row: Observation) -> str | None:
        signal = next(iter(row.signals.all()), None)  # prefetched
        joined = getattr(signal, "ticket_signal", None)
        return str(joined.ticket.public_id) if joined else None


class SpeechRow(FailureRow):
    class Meta(FailureRow.Meta):
        fields = (*EVERY, "confidence", "recording", "transcript", *WHOSE)


def _rows(kind: Observation.Kind, seen: QuerySet[Observation]) -> QuerySet[Observation]:
    named = seen.filter(kind=kind).select_related("interaction", "unit", "customer", "employee")
    return named.prefetch_related(Prefetch("signals", CustomerSignal.objects.select_related("ticket_signal__ticket")))


def heard(principal: Principal, function: str | None) -> QuerySet[Observation]:
    return _rows(Observation.Kind.SPEECH, Observation.objects.visible_to(principal, function))


def failed(principal: Principal, function: str | None) -> QuerySet[Observation]:
    return _rows(Observation.Kind.FAILURE, Observation.objects.visible_to(principal, function))


SPEECH = Offer(
    name="speech-signals", scope=SCOPE, function=VIEW, rows=heard, output=SpeechRow, shape=SpeechShape,
    ingest=ingest_speech,
)  # fmt: skip
FAILURES = Offer(
    name="operational-failures", scope=SCOPE, function=VIEW, rows=failed, output=FailureRow, shape=FailureShape,
    ingest=ingest_failures,
)  # fmt: skip


@documented
class SpeechList(Collection):
    """Calls in which speech analytics heard that we failed, in units in sight."""

    offer = SPEECH


@documented
class SpeechDetail(Single):
    """One heard call, by the id of the call."""

    offer = SPEECH


@documented
class FailureList(Collection):
    """Operational failures that met customers, in units in sight."""

    offer = FAILURES


@documented
class FailureDetail(Single):
    """One operational failure."""

    offer = FAILURES
