"""What the members of an account say: whose voice we have, whose is missing, how much of the account that is.

A voice is the last answer on the scale 0-10 within two years. Coverage counts every member of today, whether in sight
or not; names and scores are shown of those in sight alone. An account whose key contacts are all silent is flagged: its
score, if it has one, is not theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from common.sql import AmongOwn
from crm.models import Account, AccountMember, Customer
from crm.sight import Principal
from surveys.models import Response
from surveys.models.responses import ResponseQuerySet

CURRENT = timedelta(days=730)
FUNCTION = "surveys.view_response"


@dataclass(frozen=True)
class Voice:
    """A member in sight; `score` None: silent, or the answer is out of sight."""

    customer: Customer
    role: str
    weight: Decimal
    is_key: bool
    score: int | None
    category: str
    at: datetime | None

    @property
    def role_name(self) -> str:
        return str(AccountMember.Role(self.role).label)


@dataclass
class Chorus:
    """An account: `answered` of `members` (people, not rows), the share of weight that has answered, and the voices in
    sight. `silent_key`: nobody on whom the account hangs has answered; `single`: only one person has."""

    account: Account
    members: int = 0
    answered: int = 0
    weight: Decimal = Decimal(0)
    answered_weight: Decimal = Decimal(0)
    keys: int = 0
    keys_answered: int = 0
    voices: list[Voice] = field(default_factory=list)

    @property
    def coverage(self) -> float | None:
        """Share of members who answered, 0 to 1; None without members."""
        return self.answered / self.members if self.members else None

    @property
    def silent_key(self) -> bool:
        return self.keys > 0 and self.keys_answered == 0

    @property
    def single(self) -> bool:
        return self.members > 1 and self.answered == 1


def voices_of(*, accounts: Collection[Account], principal: Principal, at: datetime) -> list[Chorus]:
    """The chorus of each account, in two queries for any number of them."""
    found = {account.pk: Chorus(account) for account in accounts}
    mine = AccountMember.objects.on(at.date()).filter(account__in=found).select_related("customer")
    mine = mine.annotate(person=Coalesce("customer__canonical", "customer"))
    last = _answers(at)
    seen = last.visible_to(principal, FUNCTION)
    in_sight = Customer.objects.visible_to(principal, "crm.view_customer").values("pk")
    rows: Any = mine.annotate(
        answered_at=Subquery(last.values("answered_at")[:1]),
        seen_score=Subquery(seen.values("score")[:1]),
        seen_category=Subquery(seen.values("category")[:1]),
        seen_at=Subquery(seen.values("answered_at")[:1]),
    ).order_by("-weight", "pk")
    visible = set(mine.filter(customer__in=in_sight).values_list("customer", flat=True))
    people: set[tuple[int, int]] = set()
    for row in rows:
        _count(found[row.account_id], row, people)
        if row.customer_id in visible:
            said = row.seen_score, row.seen_category or "", row.seen_at
            found[row.account_id].voices.append(Voice(row.customer, row.role, row.weight, row.is_key, *said))
    return list(found.values())


def _answers(at: datetime) -> ResponseQuerySet:
    """A member's answers of two years, whichever row of the person gave them, the last first."""
    person = OuterRef(OuterRef("person"))
    known_as = Customer.objects.filter(Q(pk=person) | Q(canonical=person)).values("pk")
    rows = Response.objects.promoter_scale().filter(customer__in=known_as).alias(then=AmongOwn("answered_at"))
    return rows.filter(then__gt=at - CURRENT, then__lte=at).order_by("-then", "-pk")


def _count(chorus: Chorus, row: AccountMember, people: set[tuple[int, int]]) -> None:
    """Each person once, with the first (the weightiest) of their roles."""
    person = row.account_id, row.customer.canonical_id_or_own
    if person in people:
        return
    people.add(person)
    spoke = getattr(row, "answered_at", None) is not None
    chorus.members += 1
    chorus.answered += spoke
    chorus.weight += row.weight
    chorus.answered_weight += row.weight if spoke else 0
    chorus.keys += row.is_key
    chorus.keys_answered += row.is_key and spoke
