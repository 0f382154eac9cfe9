"""When we last met the person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from crm.attributes import told_openly
from crm.cards import FUNCTION, Subject, Told
from crm.models import Interaction

MOST = 5


@dataclass(frozen=True)
class Detail:
    label: str
    value: str


@dataclass(frozen=True)
class Meeting:
    """One interaction; attributes declared personal stay out."""

    kind: str
    at: datetime
    unit: str
    employee: str
    product: str
    channel: str
    details: list[Detail] = field(default_factory=list)


@dataclass(frozen=True)
class Meetings:
    latest: list[Meeting] = field(default_factory=list)


def tell(subject: Subject) -> Told:
    seen = Interaction.objects.visible_to(subject.principal, subject.function(FUNCTION))
    rows = seen.filter(customer__in=subject.rows).select_related("kind", "unit", "employee")
    return Told(Meetings([_meeting(row) for row in rows.order_by("-occurred_at", "-pk")[:MOST]]))


def _meeting(row: Interaction) -> Meeting:
    employee = row.employee.name if row.employee else ""
    details = [Detail(*told) for told in told_openly(row.kind.schema, row.attributes)]
    return Meeting(row.kind.name, row.occurred_at, row.unit.name, employee, row.product, row.channel, details)
