"""The hierarchies, and where units stand in them on a day, as known at a moment."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import Pages, refuse_unknown_parameters
from common.api.serializers import CleanLine, Day, Instant, StrictSerializer
from common.api.views import PrivateView
from crm.api import serializers as rows
from crm.api.principal import principal_of
from crm.api.resources import PAGE, paged
from crm.models import ApiKey, Hierarchy, OrgUnit, Placement
from crm.services.organization.knowing import known_then, within
from crm.sight import Principal

FUNCTION = "crm.view_orgunit"
ASKED = [
    OpenApiParameter("hierarchy", str, description="Code of a hierarchy. Left out: the line of management."),
    OpenApiParameter("on", OpenApiTypes.DATE, description="Placements that hold on this day. Left out: all days."),
    OpenApiParameter("known_at", OpenApiTypes.DATETIME, description="As known at this moment. Left out: as known now."),
]
NAMES = [parameter.name for parameter in ASKED]


class _Organization(PrivateView):
    scopes = {"GET": "organization:write"}
    functions = {"GET": FUNCTION}


@extend_schema_view(
    get=extend_schema(operation_id="hierarchies_list", parameters=PAGE, responses={200: paged(rows.HierarchyRow)})
)
class HierarchyList(_Organization):
    """The ways in which the units are arranged. Sight goes by the primary one."""

    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        pages = Pages()
        found = pages.paginate_queryset(Hierarchy.objects.all(), request, self)
        return pages.get_paginated_response(rows.HierarchyRow(found, many=True).data)


class _Asked(StrictSerializer):
    hierarchy = CleanLine(max_length=40, required=False, default="")
    on = Day(required=False, default=None)
    known_at = Instant(required=False, default=None)

    def validate_hierarchy(self, code: str) -> str:
        if code and not Hierarchy.objects.filter(code=code).exists():
            raise ValidationError("There is no hierarchy with this code.")
        return code


@extend_schema_view(
    get=extend_schema(
        operation_id="placements_list", parameters=[*ASKED, *PAGE], responses={200: paged(rows.PlacementRow)}
    )
)
class PlacementList(_Organization):
    """Where the units in sight stand and stood; with `on` and `known_at`, the tree of a day as the house knew it."""

    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, *NAMES)
        asked = _Asked(data={name: request.query_params[name] for name in NAMES if name in request.query_params})
        asked.is_valid(raise_exception=True)
        function = None if isinstance(request.auth, ApiKey) else FUNCTION
        pages = Pages()
        found = pages.paginate_queryset(
            _placements(principal_of(request), function, asked.validated_data), request, self
        )
        return pages.get_paginated_response(rows.PlacementRow(found, many=True).data)


def _placements(principal: Principal, function: str | None, asked: dict[str, Any]) -> QuerySet[Placement]:
    seen = OrgUnit.objects.visible_to(principal, function)
    held = Placement.objects.filter(known_then(asked["known_at"]), within(asked["hierarchy"]), unit__in=seen)
    if asked["on"]:
        held = held.filter(valid__contains=asked["on"])
    return held.select_related("hierarchy", "unit", "parent").annotate(
        parent_seen=Exists(seen.filter(pk=OuterRef("parent")))
    )
