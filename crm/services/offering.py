"""What to propose to a customer who is in touch anyway, and what to ask them: for the shopkeeper's card.

Nothing is proposed while somebody has to make good on something first: while a hold is in force (an open ticket, which
every detractor's answer that needs a call leaves, a complaint, a bereavement, a legal matter) the list is empty and
says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q

from crm.models import Customer, CustomerOffer, Hold, LearnedDetail, MissingDetail, Offer, OfferOutcome, ProfileDetail
from crm.models.details import ADDRESSES, ATTRIBUTE
from crm.sight import Principal

MOST_DETAILS = 3  # more questions than that are an interrogation
SETTLED = (OfferOutcome.Outcome.ACCEPTED, OfferOutcome.Outcome.DECLINED)


@dataclass(frozen=True)
class Proposal:
    """One offer for this customer. `rank` and `score` are the CRM's, None if it gave none."""

    offer: Offer
    rank: int | None
    score: Decimal | None


@dataclass(frozen=True)
class Offers:
    """`proposals`: best first, the first is the next best offer. `details`: what is missing and worth asking. `why`:
    the kind of hold for which nothing is proposed, or empty."""

    proposals: Sequence[Proposal] = ()
    details: Sequence[ProfileDetail] = ()
    why: str = ""

    @property
    def best(self) -> Proposal | None:
        return self.proposals[0] if self.proposals else None


def offers_for(*, customer: Customer, at: datetime, principal: Principal = None) -> Offers:
    """What may be proposed and asked now. `principal` None: inside the house; a customer out of sight gets an empty
    answer. The same number of queries whatever there is."""
    people = _rows_of(customer, principal)
    if not people:
        return Offers()
    ids = [row.pk for row in people]
    if held := _held(ids, at):
        return Offers(why=held)
    return Offers(_proposals(ids, at), _details(people))


def _rows_of(customer: Customer, principal: Principal) -> Sequence[Customer]:
    """The person's rows, the one that stands for them first."""
    person = customer.canonical_id_or_own
    rows = Customer.objects.filter(Q(pk=person) | Q(canonical=person), erased_at=None)
    seen = rows if principal is None else rows.visible_to(principal)
    if principal is not None and not seen.exists():
        return []
    return list(rows.order_by(F("canonical").asc(nulls_first=True), "pk").prefetch_related("contact_points"))


def _held(ids: list[int], at: datetime) -> str:
    """The hold in force that began first; who wants a pause from questions does not want one from offers."""
    lasting = Q(until=None) | Q(until__gt=at)
    held = Hold.objects.filter(lasting, customer__in=ids, released_at=None, since__lte=at).order_by("since", "pk")
    return str(held.exclude(kind=Hold.Kind.PAUSED).values_list("kind", flat=True).first() or "")


def _proposals(ids: list[int], at: datetime) -> list[Proposal]:
    """Offers in force that the lot does not hold out and that the customer has not answered: by priority, then in the
    order of the CRM. Whoever was drawn as held out under any of their rows stays held out, also when that row's own
    days are over."""
    today = at.date()
    rows = CustomerOffer.objects.filter(customer__in=ids, offer__in=Offer.objects.in_force(today))
    settled = set(OfferOutcome.objects.filter(customer__in=ids, outcome__in=SETTLED).values_list("offer_id", flat=True))
    found: dict[int, CustomerOffer] = {}
    best_first = rows.order_by(F("rank").asc(nulls_last=True), F("score").desc(nulls_last=True), "pk")
    for row in best_first.select_related("offer"):
        if row.arm == CustomerOffer.Arm.HELD_OUT:
            settled.add(row.offer_id)
        if row.valid_until is None or row.valid_until >= today:
            found.setdefault(row.offer_id, row)
    open_ = sorted((row for row in found.values() if row.offer_id not in settled), key=lambda row: row.offer.priority)
    return [Proposal(row.offer, row.rank, row.score) for row in open_]


def _details(people: Sequence[Customer]) -> list[ProfileDetail]:
    """Missing by the CRM's word or by the record itself, and not learned since: the most important few."""
    ids = [row.pk for row in people]
    told = set(MissingDetail.objects.filter(customer__in=ids).values_list("detail_id", flat=True))
    learned = set(LearnedDetail.objects.filter(customer__in=ids).values_list("detail_id", flat=True))
    wanted = ProfileDetail.objects.filter(active=True).order_by("priority", "code")
    missing = [
        detail
        for detail in wanted
        if detail.pk not in learned and (detail.pk in told or (detail.place and not has(people, detail.place)))
    ]
    return missing[:MOST_DETAILS]


def has(people: Sequence[Customer], place: str) -> bool:
    """Whether any row of the person holds something in `place` (`crm.models.details.validate_place`)."""
    if place in ADDRESSES:
        return any(p.channel == place and p.unusable_since is None for row in people for p in row.contact_points.all())
    if place.startswith(ATTRIBUTE):
        name = place.removeprefix(ATTRIBUTE)
        return any(row.attributes.get(name) not in {None, ""} for row in people)
    return any(getattr(row, place) for row in people)
