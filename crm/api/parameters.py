"""Parameters that several lists know, read strictly: a filter that cannot be read must not answer with everything."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from common.api.serializers import Instant
from common.text import clean_line
from crm.api.principal import principal_of
from crm.models import OrgUnit


def line(request: Request, name: str, *, limit: int = 121) -> str:
    """The parameter as one clean line; empty when it is left out."""
    return clean_line(request.query_params.get(name, ""), limit=limit)


def flag(request: Request, name: str) -> bool | None:
    """true, false, or None when it is left out."""
    said = request.query_params.get(name)
    if said not in {None, "true", "false"}:
        raise ValidationError({name: "Give true or false."})
    return None if said is None else said == "true"


def moment(request: Request, name: str) -> datetime | None:
    """A moment with its offset. A plus sign that arrived as a blank is taken for one."""
    said = request.query_params.get(name)
    if said is None:
        return None
    try:
        found: datetime = Instant().run_validation(said.strip().replace(" ", "+"))
    except ValidationError as error:
        raise ValidationError({name: error.detail}) from error
    return found


def unit(request: Request, function: str | None, name: str = "unit") -> OrgUnit | None:
    """The unit in sight with that external id; None when the parameter is left out. Http404 when there is none."""
    external_id = line(request, name)
    if not external_id:
        return None
    found = list(OrgUnit.objects.visible_to(principal_of(request), function).filter(external_id=external_id)[:2])
    if not found:
        raise Http404
    if len(found) > 1:
        raise ValidationError({name: "Units of several sources have this id."})
    return found[0]
