"""What customers said: our own survey's answers to read, answers collected elsewhere to send and read."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from rest_framework.request import Request

from common.api.pagination import ChangePages, Pages
from crm.api.parameters import line, moment, unit
from crm.api.resources import Collection, Offer, Single, documented
from crm.models import ApiKey, Customer, OrgUnit
from crm.sight import Principal
from surveys.api.serializers import ResponseRow
from surveys.models import PassageTopic, Response
from surveys.models.responses import ResponseQuerySet
from surveys.services.ingesting import ingest_responses
from surveys.shapes import ResponseShape

READS = "responses:read"
SHOWN = ("program", "unit", "customer", "employee", "interaction")
UNREAD = ("version__condition", "version__wording", "version__strata", "version__contact_rules")  # long, and not told


def answers(principal: Principal, function: str | None) -> QuerySet[Response]:
    return _open_to(principal, Response.objects.visible_to(principal, function))


def answers_listed(principal: Principal, function: str | None) -> QuerySet[Response]:
    return _open_to(principal, Response.objects.listed_to(principal, function))


def _open_to(principal: Principal, seen: ResponseQuerySet) -> QuerySet[Response]:
    """A key that may only send reads back what was collected elsewhere, not what our own surveys heard."""
    sends_only = isinstance(principal, ApiKey) and READS not in principal.scopes
    rows: ResponseQuerySet = (seen.exclude(source="") if sends_only else seen).with_topics()
    return rows.select_related(*SHOWN, "passage", "version").defer(*UNREAD)


RESPONSES = Offer(
    name="responses", scope="responses:write", reads=READS, function="surveys.view_response", rows=answers,
    listed=answers_listed, output=ResponseRow, shape=ResponseShape, ingest=ingest_responses,
)  # fmt: skip


@documented
class ResponseList(Collection):
    """Answers in sight of the key or the person: of our own surveys, and those collected elsewhere. With
    `updated_since`, in the order in which they changed: what a CRM asks for to write answers on its customers' records.
    """

    offer = RESPONSES
    filters: ClassVar[dict[str, str]] = {
        "source": "Only answers collected elsewhere, of this source.",
        "customer": "External id of a customer: answers of this person, merged rows included.",
        "customer_source": "Source of that id. A key's own when left out.",
        "program": "Code of a program.",
        "unit": "External id of a unit: answers of the unit and of those below it.",
        "topic": "Code of a topic: answers whose comment has it.",
        "updated_since": "A moment: answers that came or changed since, the first change first.",
    }

    def filtered(self, rows: QuerySet[Any], request: Request) -> QuerySet[Any]:
        rows = super().filtered(rows, request)
        if since := moment(request, "updated_since"):
            rows = rows.filter(updated_at__gte=since)
        if program := line(request, "program", limit=61):
            rows = rows.filter(program__code=program)
        if topic := line(request, "topic", limit=61):
            rows = rows.filter(
                Exists(PassageTopic.objects.filter(passage__response=OuterRef("pk"), topic__code=topic, removed=False))
            )
        if top := unit(request, self.function(request)):
            rows = rows.filter(unit__in=OrgUnit.objects.under(top, on=timezone.now().date()).values("pk"))
        return _of_customer(rows, request)

    def pages(self, request: Request) -> Pages:
        return ChangePages() if "updated_since" in request.query_params else Pages()


def _of_customer(rows: QuerySet[Any], request: Request) -> QuerySet[Any]:
    external_id = line(request, "customer")
    if not external_id:
        return rows
    known = Customer.objects.filter(external_id=external_id)
    if source := line(request, "customer_source", limit=61) or getattr(request.auth, "source", ""):
        known = known.filter(source=source)
    persons = list(known.values_list(Coalesce("canonical", "pk"), flat=True))  # by index; OR of queries reads the table
    theirs = Customer.objects.filter(Q(pk__in=persons) | Q(canonical__in=persons))
    return rows.filter(customer__in=list(theirs.values_list("pk", flat=True)))


@documented
class ResponseDetail(Single):
    """An answer in sight of the key or the person, by its own id, or by the id that its source gave it."""

    offer = RESPONSES

    def named(self, external_id: str, request: Request) -> QuerySet[Any]:
        own = _uuid(external_id)
        if own is not None and "source" not in request.query_params:
            known: QuerySet[Any] = self.visible(request).filter(public_id=own)
            if known.exists():
                return known
        return super().named(external_id, request)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
