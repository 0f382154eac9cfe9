"""Who belongs together: companies, households, contracts, and who is who in them."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from crm.models.customers import Customer
from crm.models.units import OrgUnit
from crm.sight import Principal, units_of


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Accounts whose unit is in sight, or a member of which is."""
        units = units_of(principal, function)
        if units is None:
            return self
        member = AccountMember.objects.filter(
            account=OuterRef("pk"), customer__in=Customer.objects.visible_to(principal, function).values("pk")
        )
        return self.filter(Q(unit__in=units) | Exists(member))


class Account(models.Model):
    """Customers who decide or pay together: a company's account, a household, a contract."""

    class Kind(models.TextChoices):
        ACCOUNT = "account"
        HOUSEHOLD = "household"
        CONTRACT = "contract"

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ACCOUNT)
    segment = models.CharField(max_length=60, blank=True)
    unit = models.ForeignKey(OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts")
    attributes = models.JSONField(default=dict, blank=True)
    as_of = models.DateTimeField(help_text="When the source knew this; an older version never overwrites a newer.")

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = "account or household"
        verbose_name_plural = "accounts and households"
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_account_per_source_id")]
        indexes = [
            models.Index(fields=["external_id"], name="account_by_external_id"),  # the console's search
            models.Index(  # the same, by the beginning of a name: an index in a language's order finds none
                fields=["name"], name="account_by_beginning", opclasses=["varchar_pattern_ops"]
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MemberQuerySet(models.QuerySet["AccountMember"]):
    def on(self, day: date) -> Self:
        """Who belonged to it on `day`; `until` is the first day no longer."""
        began = Q(since__isnull=True) | Q(since__lte=day)
        lasts = Q(until__isnull=True) | Q(until__gt=day)
        return self.filter(began, lasts)


class AccountMember(models.Model):
    """A customer in an account: in which role, and how much their voice weighs."""

    class Role(models.TextChoices):
        HOLDER = "holder"
        DECISION_MAKER = "decision_maker", "decision maker"
        USER = "user"
        MEMBER = "member"

    KEY_ROLES = frozenset({Role.HOLDER, Role.DECISION_MAKER})

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="members", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=15, choices=Role.choices, default=Role.MEMBER)
    weight = models.DecimalField(max_digits=6, decimal_places=3, default=1, help_text="Of this voice in the account.")
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True, help_text="First day no longer.")

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "customer", "role"], name="one_membership_per_role"),
            models.CheckConstraint(condition=Q(weight__gte=0), name="weight_not_negative"),
        ]

    def __str__(self) -> str:
        return f"customer {self.customer_id}, {self.get_role_display()}"

    @property
    def is_key(self) -> bool:
        """A contact the account hangs on."""
        return self.role in self.KEY_ROLES
