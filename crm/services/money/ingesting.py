"""The way in for money, relationships and acquisitions, single or many; see `crm/services/ingesting.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm.models.sources import CONTROLLED
from crm.money_shapes import AcquisitionShape, FinancialShape, RelationshipShape
from crm.services.arriving import Intake, ItemResult
from crm.services.money import recording, relating
from crm.services.money.requiring import refuse_uncontrolled, totals_wanted
from crm.services.taking_in import ListKind
from crm.sight import Principal

Items = Sequence[dict[str, Any]]

FINANCIALS = ListKind(CONTROLLED, FinancialShape, recording.store)
REFUSED = ListKind(CONTROLLED, FinancialShape, refuse_uncontrolled)
RELATIONSHIPS = ListKind("relationships", RelationshipShape, relating.store_relationships)
ACQUISITIONS = ListKind("acquisitions", AcquisitionShape, relating.store_acquisitions)


def ingest_financials(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Financial records (`crm.money_shapes.FinancialShape`). With totals to agree with: `controlling.py`; each is
    refused where their feed takes none without."""
    kind = REFUSED if totals_wanted(source) else FINANCIALS
    return kind.ingest(items, Intake(source, at, principal))


def ingest_relationships(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """From when to when customers are customers (`crm.money_shapes.RelationshipShape`)."""
    return RELATIONSHIPS.ingest(items, Intake(source, at, principal))


def ingest_acquisitions(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """How customers first heard of us, and from whom (`crm.money_shapes.AcquisitionShape`)."""
    return ACQUISITIONS.ingest(items, Intake(source, at, principal))
