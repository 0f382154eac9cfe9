"""What the person told us about themselves in earlier conversations; the CRM may not have it yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from crm.cards import Subject, Told
from crm.models import LearnedDetail


@dataclass(frozen=True)
class OwnWord:
    """`detail`: its code; `value`: as it was told, the last time."""

    detail: str
    label: str
    value: str
    at: datetime


@dataclass(frozen=True)
class Learned:
    details: list[OwnWord] = field(default_factory=list)


def tell(subject: Subject) -> Told:
    return Told(Learned(details_of(row.pk for row in subject.seen)))


def details_of(rows: Iterable[int]) -> list[OwnWord]:
    """The last word on each detail of the person whose customer rows (ids) these are."""
    told = LearnedDetail.objects.filter(customer__in=list(rows)).select_related("detail")
    last = {row.detail_id: row for row in told.order_by("at", "pk")}
    known = sorted(last.values(), key=lambda row: (row.detail.priority, row.detail.code))
    return [OwnWord(row.detail.code, row.detail.label, row.value, row.at) for row in known]
