"""A sensible start: policy, causes, kinds of action, alert rules and priority bands that a new house can work with, and
then change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from closedloop.filters import SignalFilter
from closedloop.grave_words import grave_words
from closedloop.models import (
    ActionKind,
    AlertRule,
    CauseEdition,
    Priority,
    PriorityBand,
    RootCause,
    ServicePolicy,
)
from common.conditions import validate_condition

POLICIES: tuple[dict[str, Any], ...] = (
    {"code": "standard", "name": "Call within a working day", "hours_to_contact": 8, "attempts": 3},
    {"code": "callback", "name": "Asked to be called", "hours_to_contact": 4, "attempts": 3},
    {
        "code": "acknowledgement",
        "name": "Thank within a week",
        "hours_to_contact": 40,
        "attempts": 1,
        "other_way_after": 1,
    },
)
# of a policy that is made here: open minutes for a stage, percentage at which the owner is warned
TARGETS: dict[str, tuple[int, int | None]] = {"assign": (60, None), "resolution": (2400, 80)}
STEPS = (("contact", 100, "supervisor"), ("contact", 150, "above"), ("resolution", 100, "supervisor"))
# a first tree of causes: what stands under what, by code and name
ROOT_CAUSES: dict[str, tuple[str, dict[str, str]]] = {
    "ours": (
        "What we did",
        {
            "wait": "Waiting too long",
            "promise": "Promise not kept",
            "mistake": "Our mistake",
            "explained": "Not explained well",
            "attitude": "How we behaved",
        },
    ),
    "terms": ("What we offer", {"price": "Price or fee", "rule": "A rule of ours", "product": "The product itself"}),
    "praise": ("Something we did well", {}),
    "other": ("Something else", {}),
}
ACTION_KINDS = {  # code: name, and whether the customer gets money
    "apology": ("Apology", False),
    "explanation": ("Explanation", False),
    "correction": ("Put right what was wrong", False),
    "recompense": ("Recompense", True),
    "process": ("Changed how we work", False),
}
_MOVED = {"any": [{"filter": "category_changed", "value": True}, {"filter": "moved", "value": True}]}
_SURE = [{"filter": "kind", "value": "speech"}, {"filter": "confidence__gte", "value": 0.7}]
_NOTICED = {"any": [{"filter": "kind", "value": "failure"}, {"all": _SURE}]}
_GRAVE = {"any": [*grave_words()["any"], {"filter": "severity", "value": "critical"}]}
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
    {
        "code": "grave",
        "name": "Words of law or safety, or a critical failure",
        "condition": _GRAVE,
        "audience": ["branch"],
        "opens_ticket": True,
        "policy": "callback",
        "waits": False,
    },
    # who wrote kind or lukewarm words deserves an answer too; off until the office has hands for it
    {
        "code": "praise",
        "name": "Promoter who said why: thank them",
        "condition": {"all": [{"filter": "category", "value": "promoter"}, {"filter": "has_comment", "value": True}]},
        "audience": ["branch", "employee"],
        "opens_ticket": True,
        "policy": "acknowledgement",
        "active": False,
    },
    {
        "code": "lukewarm",
        "name": "Passive who said why: ask what was missing",
        "condition": {"all": [{"filter": "category", "value": "passive"}, {"filter": "has_comment", "value": True}]},
        "audience": ["branch"],
        "opens_ticket": True,
        "policy": "acknowledgement",
        "active": False,
    },
)
# of the money that a customer brings nothing is known here: the office sets such bands in its own currency
BANDS: tuple[dict[str, Any], ...] = (
    {
        "code": "critical",
        "name": "Critical, or a very poor score with the wish to be called",
        "priority": Priority.URGENT,
        "condition": {
            "any": [
                {"filter": "severity", "value": "critical"},
                {"all": [{"filter": "score__lte", "value": 2}, {"filter": "callback", "value": True}]},
            ]
        },
        "policy": "callback",
    },
    {
        "code": "poor",
        "name": "A very poor score",
        "priority": Priority.HIGH,
        "condition": {"all": [{"filter": "score__lte", "value": 2}, {"filter": "category", "value": "detractor"}]},
        "policy": None,
    },
    {
        "code": "content",
        "name": "Passive or promoter",
        "priority": Priority.LOW,
        "condition": {"any": [{"filter": "category", "value": "passive"}, {"filter": "category", "value": "promoter"}]},
        "policy": None,
    },
)


@transaction.atomic
def set_up_defaults() -> None:
    """Create what is missing, by code; what the office has changed stays as it is."""
    for said in POLICIES:
        policy, is_new = ServicePolicy.objects.get_or_create(code=said["code"], defaults=said)
        if is_new:
            _set_terms(policy)
    for code, (name, pays) in ACTION_KINDS.items():
        ActionKind.objects.get_or_create(code=code, defaults={"name": name, "pays": pays})
    if not CauseEdition.objects.exists():
        _first_causes(at=timezone.now())
    policies = {policy.code: policy for policy in ServicePolicy.objects.all()}
    for band in BANDS:
        validate_condition(band["condition"], SignalFilter)
        PriorityBand.objects.get_or_create(
            code=band["code"], defaults=band | {"policy": policies[band["policy"]] if band["policy"] else None}
        )
    for rule in RULES:
        validate_condition(rule["condition"], SignalFilter)
        AlertRule.objects.get_or_create(code=rule["code"], defaults=rule | {"policy": policies[rule["policy"]]})


def _set_terms(policy: ServicePolicy) -> None:
    for stage, (minutes, warn_percent) in TARGETS.items():
        policy.targets.create(stage=stage, minutes=minutes, warn_percent=warn_percent)
    for stage, percent, to in STEPS:
        policy.steps.create(stage=stage, percent=percent, to=to)


def _first_causes(*, at: datetime) -> None:
    edition = CauseEdition.objects.create(number=1, note="To begin with.", made_at=at)
    for code, (name, parts) in ROOT_CAUSES.items():
        top = RootCause.objects.create(edition=edition, code=code, name=name)
        RootCause.objects.bulk_create(
            RootCause(edition=edition, parent=top, code=part, name=title) for part, title in parts.items()
        )
    edition.publish(by=None, at=at)
