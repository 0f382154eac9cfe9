"""On a unit's page in the console: how it was asked lately, by the count of /insights/asking/."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from analytics.services.asking import FUNCTION, asking_lately
from common.panels import Panel, register
from crm.models import OrgUnit


def asking_at(request: HttpRequest, unit: OrgUnit) -> dict[str, Any]:
    seen = OrgUnit.objects.visible_to(request.user, FUNCTION).filter(pk=unit.pk).exists()
    return {"asking": asking_lately(unit=unit, at=timezone.now()) if seen else None}


register("unit", Panel("Who is asked, and why not", "admin/analytics/panel_asking.html", asking_at))
