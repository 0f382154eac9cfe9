"""A sensible start: policy, root causes and alert rules that a new house can work with, and then change."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from closedloop.filters import SignalFilter
from closedloop.models import AlertRule, RootCause, ServicePolicy
from common.conditions import validate_condition

POLICIES: tuple[dict[str, Any], ...] = (
    {"code": "standard", "name": "Call within a working day", "hours_to_contact": 8, "attempts": 3},
    {"code": "callback", "name": "Asked to be called", "hours_to_contact": 4, "attempts": 3},
)
ROOT_CAUSES = {
    "wait": "Waiting too long",
    "promise": "Promise not kept",
    "mistake": "Our mistake",
    "explained": "Not explained well",
    "attitude": "How we behaved",
    "price": "Price or fee",
    "rule": "A rule of ours",
    "product": "The product itself",
    "praise": "Something we did well",
    "other": "Something else",
}
_MOVED = {"any": [{"filter": "category_changed", "value": True}, {"filter": "moved", "value": True}]}
_SURE = [{"filter": "kind", "value": "speech"}, {"filter": "confidence__gte", "value": 0.7}]
_NOTICED = {"any": [{"filter": "kind", "value": "failure"}, {"all": _SURE}]}
RULES: tuple[dict[str, Any], ...] = (
    {
        "code": "detractor",
        "name": "Detractor",
        "condition": {"filter": "category", "value": "detractor"},
        "audience": ["branch"],
        "opens_ticket": True,
        "policy": "standard",
    },
    {
        "code": "callback",
        "name": "Wants to be called",
        "condition": {"filter": "callback", "value": True},
        "audience": ["branch"],
        "opens_ticket": True,
        "policy": "callback",
    },
    {
        "code": "moved",
        "name": "Changed category or moved by two or more",
        "condition": _MOVED,
        "audience": ["branch", "employee"],
        "opens_ticket": False,
        "policy": "standard",
    },
    {
        "code": "noticed",
        "name": "We failed, and noticed it ourselves",
        "condition": _NOTICED,
        "audience": ["branch"],
        "opens_ticket": True,
        "policy": "standard",
    },
)


@transaction.atomic
def set_up_defaults() -> None:
    """Create what is missing, by code; what the office has changed stays as it is."""
    for policy in POLICIES:
        ServicePolicy.objects.get_or_create(code=policy["code"], defaults=policy)
    for code, name in ROOT_CAUSES.items():
        RootCause.objects.get_or_create(code=code, defaults={"name": name})
    policies = {policy.code: policy for policy in ServicePolicy.objects.all()}
    for rule in RULES:
        validate_condition(rule["condition"], SignalFilter)
        AlertRule.objects.get_or_create(code=rule["code"], defaults=rule | {"policy": policies[rule["policy"]]})
