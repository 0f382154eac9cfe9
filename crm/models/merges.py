"""One person behind several customer rows: pairs that may be the same, and merges, which can be undone."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from crm.models.customers import Customer
from crm.sight import Principal


class PairQuerySet(models.QuerySet[Any]):
    """Rows about two customers: seen by who sees both."""

    sides: tuple[str, str]

    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        if getattr(principal, "is_superuser", False):
            return self
        seen = Customer.objects.visible_to(principal, function)
        return self.filter(**{f"{side}__in": seen.values("pk") for side in self.sides})


class DuplicateQuerySet(PairQuerySet):
    sides = ("first", "second")

    def open(self) -> Self:
        return self.filter(settled_at=None)


class DuplicateCandidate(models.Model):
    """Two customer rows that may be one person: why we think so, and what somebody decided. `first` has the lower id.

    `reasons`: {"same_phone": true, "same_email": true, "same_id": true, "name": 0.83}; a pair that was found to be two
    people is not proposed again.
    """

    class Verdict(models.TextChoices):
        MERGED = "merged", "one person"
        DIFFERENT = "different", "two people"

    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    reasons = models.JSONField(default=dict)
    score = models.FloatField(help_text="0 to 1; the surest first.")
    found_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    why = models.CharField(max_length=300, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = DuplicateQuerySet.as_manager()

    class Meta:
        verbose_name = "possible duplicate"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_candidate_per_pair"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="candidate_lower_id_first"),
        ]
        indexes = [
            models.Index(fields=["-score", "id"], name="candidate_to_review", condition=Q(settled_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"


class MergeQuerySet(PairQuerySet):
    sides = ("kept", "merged")

    def in_force(self) -> Self:
        return self.filter(undone_at=None)


class Merge(models.Model):
    """`merged` is the same person as `kept`, the two rows that somebody named, whichever stood for them then. Which row
    stands for the person (`Customer.canonical`) follows from the merges in force alone (crm/canonical.py), so that any
    of them can be undone at any time.

    `choices`: {field: customer id} where somebody preferred another row's value to the one the rules would take.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kept = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merges_kept")
    merged = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merges_into", db_index=False)
    choices = models.JSONField(default=dict, blank=True)
    why = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    undone_why = models.CharField(max_length=300, blank=True)
    # hand-over mark, emptied again by undoing: closedloop has settled what becomes of two open tickets
    settled_at = models.DateTimeField(null=True, editable=False)

    objects = MergeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kept", "merged"], condition=Q(undone_at__isnull=True), name="two_rows_merged_once"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two_rows"),
        ]
        indexes = [
            models.Index(fields=["merged"], name="merge_of_merged"),  # the customer's page
            models.Index(fields=["id"], name="merge_unsettled", condition=Q(settled_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.merged} ({self.merged.reference}) into {self.kept} ({self.kept.reference})"
