"""What the bank earns and proposes, into the house: by its services for a bank of some thousand customers, in sets by
statements of their own for one of millions, which has the truth's tables at hand."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from crm.models import CustomerOffer, ProfileDetail
from crm.services.money.ingesting import ingest_acquisitions, ingest_financials, ingest_relationships
from crm.services.offers.ingesting import ingest_offers
from crm.services.offers.telling import record_outcomes
from demo.books import DETAILS, OFFERS, newcomers, records, stay
from demo.company.bank import SOURCE, Bank
from demo.settling_in import accepted
from surveys.models import Response

CHUNK = 2000
TOLD = timedelta(days=40)  # so far back goes what became of the offers
MADE, MOST = 0.6, 250  # share of the friendly conversations with an offer; not more of them
FRIENDLY = 6


def propose(*, at: datetime) -> None:
    """Before the first day: what may be offered, and to whom; the lot is drawn."""
    ProfileDetail.objects.bulk_create(ProfileDetail(**detail) for detail in DETAILS)
    accepted(ingest_offers(list(OFFERS), source=SOURCE, at=at))


def earn(bank: Bank, *, at: datetime) -> None:
    """After the last day: the books, who came and who left, and what became of the offers."""
    came = list(newcomers(bank))
    joined = {item["customer"]: date.fromisoformat(item["acquired_on"]) for item in came}
    people = [bank.customer(number) for number in range(1, bank.size.customers + 1)]
    _send(ingest_relationships, (stay(bank, person, joined.get(person.code)) for person in people), at)
    _send(ingest_acquisitions, came, at)
    _send(ingest_financials, (item for p in people for item in records(bank, p, joined.get(p.code))), at)
    _tell_outcomes(bank, at)


def _send(ingest: Any, items: Iterable[dict[str, Any]], at: datetime) -> None:
    waiting: list[dict[str, Any]] = []
    for item in items:
        waiting.append(item)
        if len(waiting) == CHUNK:
            accepted(ingest(waiting, source=SOURCE, at=at))
            waiting = []
    if waiting:
        accepted(ingest(waiting, source=SOURCE, at=at))


def _tell_outcomes(bank: Bank, at: datetime) -> None:
    """In friendly conversations staff made an offer to whom they may; the friendlier, the more often it was taken."""
    answers = Response.objects.filter(interaction__occurred_at__gte=at - TOLD, score__gte=FRIENDLY)
    shown = dict(
        CustomerOffer.objects.filter(arm=CustomerOffer.Arm.OFFERED).values_list("customer", "offer__external_id")
    )
    told = 0
    for answer in answers.select_related("interaction").order_by("interaction__external_id"):
        rng = random.Random(f"{bank.seed}:offer:{answer.interaction.external_id if answer.interaction else ''}")
        offer = shown.get(answer.customer_id or 0)
        if answer.interaction is None or offer is None or told == MOST or rng.random() > MADE:
            continue
        taken = 0.15 + 0.12 * ((answer.score or 0) - FRIENDLY)
        outcome = "accepted" if rng.random() < taken else rng.choice(("declined", "declined", "later", "shown"))
        said = {"offer": offer, "outcome": outcome, "at": answer.interaction.occurred_at.isoformat()}
        accepted(record_outcomes(interaction=answer.interaction, items=[said], source=SOURCE, at=at))
        told += 1
