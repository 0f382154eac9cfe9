"""To which accounts and households the person belongs, and as what."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from crm.cards import FUNCTION, Subject, Told
from crm.models import Account, AccountMember


@dataclass(frozen=True)
class Membership:
    account: str
    kind: str
    role: str
    weight: Decimal
    segment: str


@dataclass(frozen=True)
class Belonging:
    accounts: list[Membership] = field(default_factory=list)


def tell(subject: Subject) -> Told:
    """Memberships of today, in accounts in sight."""
    accounts = Account.objects.visible_to(subject.principal, subject.function(FUNCTION))
    today = AccountMember.objects.on(subject.at.date()).filter(customer__in=subject.rows, account__in=accounts)
    rows = list(today.select_related("account").order_by("account__kind", "account__name", "pk")[:20])
    found = [Membership(r.account.name, r.account.kind, r.role, r.weight, r.account.segment) for r in rows]
    key = [row.account.name for row in rows if row.is_key and row.account.kind != Account.Kind.HOUSEHOLD]
    return Told(Belonging(found), do=[f"They decide for {name}: hear them out." for name in dict.fromkeys(key)])
