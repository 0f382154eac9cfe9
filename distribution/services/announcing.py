"""The part of a digest that comes from the advocacy office: its news, and the policy notices that begin to hold."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Q

from crm.models import UnitClosure
from crm.models.employees import Role
from distribution.models import News, PolicyNotice
from distribution.models.library import Standing
from distribution.mornings import OPENS, Morning
from distribution.services.scoping import Scope

SHOWN = 5  # notices in a digest, the newest of them


def news(scope: Scope) -> dict[int, list[dict[str, Any]]]:
    """What is in force on each morning's own day, the newest first, [{"news", "title", "text"}]; after it the notices
    that hold since the last morning, [{"notice", "title", "must_read"}]. Three queries."""
    days = [morning.day for morning in scope.mornings]
    told = list(News.objects.filter(first_on__lte=max(days), last_on__gte=min(days)))
    begun = _begun(scope)
    above = _units_above(scope) if told or begun else {}
    return {
        m.unit_id: [_row(one) for one in told if _is_for(one, m, above)][:SHOWN]
        + [_notice(one) for one in begun if _begins(one, m, above)]
        for m in scope.mornings
    }


def _begun(scope: Scope) -> list[PolicyNotice]:
    """Notices that any of the mornings may tell of."""
    last, since = max(m.day for m in scope.mornings), min(m.since for m in scope.mornings)
    lately = Q(valid_from__gt=since) | Q(published_at__gte=min(_told_last(m) for m in scope.mornings))
    return list(PolicyNotice.objects.filter(lately, state=Standing.PUBLISHED, valid_from__lte=last).order_by("pk"))


def _told_last(morning: Morning) -> datetime:
    return datetime.combine(morning.since, OPENS, morning.zone)


def _begins(one: PolicyNotice, morning: Morning, above: dict[int, set[int]]) -> bool:
    """It holds since the last morning, or was published since then; for whoever is in charge there."""
    new = one.valid_from > morning.since or (one.published_at and one.published_at >= _told_last(morning))
    holds = one.valid_from <= morning.day and (one.valid_until is None or one.valid_until >= morning.day)
    here = one.audience_id is None or one.audience_id in above.get(morning.unit_id, ())
    return bool(new and holds and here and (not one.roles or Role.BRANCH in one.roles))


def _notice(one: PolicyNotice) -> dict[str, Any]:
    return {"notice": str(one.public_id), "title": one.title, "must_read": one.must_read}


def _units_above(scope: Scope) -> dict[int, set[int]]:
    """Each unit with all above it."""
    above: dict[int, set[int]] = defaultdict(set)
    paths = UnitClosure.objects.filter(
        descendant__in=[m.unit_id for m in scope.mornings], hierarchy__is_primary=True, valid__contains=scope.at.date()
    )
    for descendant, ancestor in paths.values_list("descendant", "ancestor"):
        above[descendant].add(ancestor)
    return above


def _is_for(one: News, morning: Morning, above: dict[int, set[int]]) -> bool:
    in_force = one.first_on <= morning.day <= one.last_on
    return in_force and (one.unit_id is None or one.unit_id in above.get(morning.unit_id, ()))


def _row(one: News) -> dict[str, Any]:
    return {"news": one.pk, "title": one.title, "text": one.text}
