"""The way in for offers, the customers they are meant for and missing details; see `crm/services/ingesting.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm.offer_shapes import CustomerOfferShape, MissingDetailsShape, OfferShape
from crm.services.arriving import Intake, ItemResult
from crm.services.offers import cataloging
from crm.services.taking_in import ListKind
from crm.sight import Principal

Items = Sequence[dict[str, Any]]

OFFERS = ListKind("offers", OfferShape, cataloging.store_offers)
CUSTOMER_OFFERS = ListKind("customer-offers", CustomerOfferShape, cataloging.store_customer_offers)
MISSING_DETAILS = ListKind("missing-details", MissingDetailsShape, cataloging.store_missing_details)


def ingest_offers(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """What there is to propose (`crm.offer_shapes.OfferShape`)."""
    return OFFERS.ingest(items, Intake(source, at, principal))


def ingest_customer_offers(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """To whom (`crm.offer_shapes.CustomerOfferShape`); the lot decides who is held out."""
    return CUSTOMER_OFFERS.ingest(items, Intake(source, at, principal))


def ingest_missing_details(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """What is not known of whom (`crm.offer_shapes.MissingDetailsShape`)."""
    return MISSING_DETAILS.ingest(items, Intake(source, at, principal))
