"""Lists of whom nobody asks, to send only: holds on customers, and addresses that nobody writes to again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import refuse_unknown_parameters
from common.api.views import PrivateView
from crm.api.offers import list_of
from crm.api.serializers import ListRow
from crm.bar_shapes import HoldShape, SuppressionShape
from crm.services.arriving import ItemResult
from crm.services.ingesting import ingest_holds, ingest_suppressions


class _Bars(PrivateView):
    scopes = {"POST": "customers:write"}
    ingest: Callable[..., list[ItemResult]]

    def post(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        key: Any = request.auth  # HasScope lets nobody write without a key
        outcome = type(self).ingest(list_of(request), source=key.source, at=timezone.now(), principal=key)
        return Response(ListRow({"results": outcome}).data)


def sent(name: str, summary: str, shape: Any) -> Any:
    return extend_schema_view(
        post=extend_schema(operation_id=f"{name}_create", summary=summary, request=shape(many=True), responses=ListRow)
    )


@sent("holds", "Hold many customers; told twice they are held once", HoldShape)
class Holds(_Bars):
    """Customers in sight whom nobody asks for a while."""

    ingest = staticmethod(ingest_holds)


@sent("suppressions", "Suppress addresses; told twice they are suppressed once", SuppressionShape)
class Suppressions(_Bars):
    """Addresses that nobody writes to again, for the whole company."""

    ingest = staticmethod(ingest_suppressions)
