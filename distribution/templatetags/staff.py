"""The head of every staff page (who am I, which doors are open to me) and how scores are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone

from analytics.maths import rounding
from common.models import User
from crm.models import UnitClosure
from crm.roles import SUBTREE_ROLES
from crm.sight import assignments_of
from surveys.scoring import category as category_of

register = template.Library()
LETTERS = {"promoter": "p", "passive": "n", "detractor": "d"}


@dataclass(frozen=True)
class Door:
    name: str
    address: str
    current: bool


@dataclass(frozen=True)
class Who:
    name: str = ""
    role: str = ""
    doors: list[Door] = field(default_factory=list)


def who_is(user: User | AnonymousUser, path: str) -> Who:
    """Name, role and doors of a signed-in person, in one query; nothing, and no query, for anybody else."""
    if not isinstance(user, User):
        return Who()
    below = UnitClosure.objects.filter(
        hierarchy__is_primary=True, valid__contains=timezone.now().date(), depth=1, ancestor=OuterRef("unit")
    )
    held = list(assignments_of(user).select_related("employee").annotate(has_units_below=Exists(below)).order_by("pk"))
    region = user.is_superuser or any(a.has_units_below and a.role in SUBTREE_ROLES for a in held)
    doors = [("Today", "/digest/"), *([("Alerts", "/alerts/")] if held else [])]
    doors += [("Stream", "/stream/")] if held else []
    doors += [("Work list", "/tickets/"), *([("Huddle", "/huddle/")] if held else []), ("Insights", "/insights/")]
    doors += [("Library", "/library/")] if held or user.is_superuser else []
    doors += [("Region", "/region/")] if region else []
    doors += [("Console", "/admin/")] if user.is_staff else []
    return Who(
        name=held[0].employee.name if held else user.get_full_name() or user.get_username(),
        role=", ".join(dict.fromkeys(a.get_role_display() for a in held)) or ("operator" if user.is_superuser else ""),
        doors=[Door(name, address, path.startswith(address)) for name, address in doors],
    )


@register.simple_tag(takes_context=True)
def who_am_i(context: Context) -> Who:
    """`{% who_am_i as who %}`: name, role and the doors of the navigation."""
    request: HttpRequest | None = context.get("request")
    return who_is(request.user, request.path) if request is not None and hasattr(request, "user") else Who()


@register.filter
def signed(value: Any) -> str:
    """+31, −7, 0: a score or a difference of scores, rounded once, with its sign."""
    return "none" if value is None or value == "" else rounding.signed(value)


@register.filter
def tenths(value: Any) -> str:
    """+1.5, −0.3, 0.0: as `signed`, to a tenth of a point."""
    return rounding.signed(value, 1)


@register.simple_tag
def along(value: float, reach: float) -> str:
    """Where a difference stands on an axis from -reach to +reach, in per cent of its length."""
    return f"{50 + 48 * value / reach:.1f}%"


@register.filter
def signed_or_few(value: Any) -> str:
    """As `signed`; "few" where there is no score to show."""
    return "few" if value is None else rounding.signed(value)


@register.filter
def thousands(value: Any) -> str:
    """1 809: digits in threes, parted by a no-break space."""
    return f"{value:,}".replace(",", "\N{NO-BREAK SPACE}")


@register.filter
def category(score: int | None) -> str:
    """promoter, passive or detractor; empty without a score on the scale 0 to 10."""
    if score is None or not 0 <= score <= 10:
        return ""
    return str(category_of(score) or "")


@register.filter
def chip_letter(score: int | None) -> str:
    """The shape of a score's chip: d (square), n (ring), p (disc)."""
    return LETTERS.get(category(score), "n")


@register.filter
def on_axis(score: float) -> str:
    """Where a score stands on an axis from -100 to +100, in per cent of its length."""
    return f"{(score + 100) / 2:.1f}%"


@register.filter
def per_cent(share: float | None) -> str:
    """24 %, or "unknown"."""
    return "unknown" if share is None else rounding.percent(share)
