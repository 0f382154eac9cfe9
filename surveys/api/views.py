"""Answers collected elsewhere, sent by other systems."""

from __future__ import annotations

from django.db.models import QuerySet

from crm.api.resources import Collection, Offer, Single, documented
from crm.sight import Principal
from surveys.api.serializers import ResponseRow
from surveys.models import Response
from surveys.services.ingesting import ingest_responses
from surveys.shapes import ResponseShape


def collected(principal: Principal, function: str | None) -> QuerySet[Response]:
    seen = Response.objects.visible_to(principal, function).exclude(source="")
    return seen.select_related("program", "unit", "customer", "employee", "interaction")


RESPONSES = Offer(
    name="responses", scope="responses:write", function="surveys.view_response", rows=collected, output=ResponseRow,
    shape=ResponseShape, ingest=ingest_responses,
)  # fmt: skip


@documented
class ResponseList(Collection):
    """Answers collected elsewhere, in sight of the key or the person. One that is known is never overwritten."""

    offer = RESPONSES


@documented
class ResponseDetail(Single):
    """Answer collected elsewhere, in sight of the key or the person."""

    offer = RESPONSES
