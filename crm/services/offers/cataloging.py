"""Offers, the customers they are meant for, and the details that are missing, coming in; see
`crm/services/ingesting.py`."""

from __future__ import annotations

from typing import Any

from django.db import connection

from crm.holdouts import arm_of, draw
from crm.models import Customer, CustomerOffer, MissingDetail, Offer, ProfileDetail
from crm.models.offers import new_seed
from crm.services.arriving import Arrival, Intake, existing, link, write
from crm.services.offers.assigning import assign
from crm.services.upserting import CREATED, UNCHANGED, UPDATED, Upsert

_OFFER = ("name", "say", "valid_from", "valid_until", "priority", "condition", "holdout", "active")
OFFERS = Upsert(Offer, content=_OFFER, once=("seed",), guard="as_of")
CUSTOMER_OFFERS = Upsert(
    CustomerOffer,
    content=("customer_id", "offer_id", "rank", "score", "valid_until"),
    once=("arm", "assigned_at"),
    also=("load_id",),
    guard="as_of",
)


def store_offers(arrivals: list[Arrival], intake: Intake) -> None:
    """What there is to propose, to the whole company. Whom a condition names is assigned at once; an arm once given
    stays."""
    if not intake.speaks_for_all():
        for arrival in arrivals:
            arrival.refuse("external_id", "Offers are the whole company's: this key belongs to a part.", "out_of_scope")
    before = existing(Offer, arrivals, intake, lambda rows: rows)
    ready = [arrival for arrival in arrivals if arrival.open]
    for arrival in ready:
        arrival.row |= {"source": intake.source, "seed": new_seed(), **arrival.values}
    write(OFFERS, ready, intake, before=before, mine=lambda rows: rows)
    changed = [arrival.external_id for arrival in ready if arrival.status in {CREATED, UPDATED}]
    for offer in Offer.objects.filter(source=intake.source, external_id__in=changed, condition__isnull=False):
        assign(offer=offer, at=intake.at)


def store_customer_offers(arrivals: list[Arrival], intake: Intake) -> None:
    """Whom an offer is meant for. Offers and customers are locked, so that neither two sources nor a source and the
    offer's condition can both give somebody an arm."""
    link(arrivals, "customer", intake.in_sight(Customer.objects.filter(erased_at=None)), intake)
    link(arrivals, "offer", Offer.objects.all(), intake)
    _keep_from_conditions({arrival.row["offer_id"] for arrival in arrivals if arrival.open})
    people = {arrival.row["customer_id"] for arrival in arrivals if arrival.open}
    locked = Customer.objects.filter(pk__in=people).order_by("pk").select_for_update(no_key=True)
    names = {pk: f"{source}/{key}" for pk, source, key in locked.values_list("pk", "source", "external_id")}
    _refuse_given(arrivals, people, intake)
    before = existing(CustomerOffer, arrivals, intake, intake.in_sight)
    offers = Offer.objects.in_bulk({arrival.row["offer_id"] for arrival in arrivals if arrival.open})
    ready = [arrival for arrival in arrivals if arrival.open]
    for arrival in ready:
        offer = offers[arrival.row["offer_id"]]
        drawn = draw(offer.seed, offer.external_id, names[arrival.row["customer_id"]])
        arrival.row |= _row(arrival, intake) | {"arm": arm_of(drawn, offer.holdout)}
    write(CUSTOMER_OFFERS, ready, intake, before=before, mine=intake.in_sight)


def _keep_from_conditions(offers: set[int]) -> None:
    """Wait for whoever gives these offers to those of their condition (`assign`), and have others wait for us; lists do
    not wait for each other. In the order in which a list of offers writes them."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT 1 FROM crm_offer WHERE id = ANY(%s) ORDER BY source, external_id COLLATE "C" FOR SHARE',
            [list(offers)],
        )


def _row(arrival: Arrival, intake: Intake) -> dict[str, Any]:
    own = {name: arrival.values[name] for name in ("external_id", "rank", "score", "valid_until", "as_of")}
    return {
        "source": intake.source,
        "assigned_at": intake.at,
        "load_id": intake.load.pk if intake.load else None,
        **own,
    }


def _refuse_given(arrivals: list[Arrival], people: set[int], intake: Intake) -> None:
    """One row for a customer and an offer, whoever told of it: another source's or the condition's stays."""
    rows = CustomerOffer.objects.filter(customer__in=people)
    given = {
        (customer, offer): (source, key)
        for customer, offer, source, key in rows.values_list("customer_id", "offer_id", "source", "external_id")
    }
    for arrival in arrivals:
        if not arrival.open:
            continue
        own = (intake.source, str(arrival.external_id))
        source, key = given.setdefault((arrival.row["customer_id"], arrival.row["offer_id"]), own)
        if (source, key) != own:
            arrival.refuse("customer", f"{source} gave this customer the offer, under the id {key!r}.", "conflict")


def store_missing_details(arrivals: list[Arrival], intake: Intake) -> None:
    """What the CRM does not know of each customer: all of it, so that what is not named is missing no more."""
    link(arrivals, "customer", intake.in_sight(Customer.objects.filter(erased_at=None)), intake)
    known = dict(ProfileDetail.objects.values_list("code", "pk"))
    for arrival in arrivals:
        for code in arrival.values.get("details", ()):
            if arrival.legible and code not in known:
                arrival.refuse("details", f"Unknown detail {code!r}.", "unknown")
    ready = {arrival.row["customer_id"]: arrival for arrival in arrivals if arrival.open}
    locked = Customer.objects.filter(pk__in=ready).order_by("pk").select_for_update(no_key=True)
    list(locked.values_list("pk"))
    wanted = {(pk, known[code]) for pk, arrival in ready.items() for code in arrival.values["details"]}
    rows = MissingDetail.objects.filter(customer__in=ready)
    held = {(customer, detail): pk for pk, customer, detail in rows.values_list("pk", "customer_id", "detail_id")}
    new = [
        MissingDetail(customer_id=pk, detail_id=detail, since=intake.at) for pk, detail in sorted(wanted - held.keys())
    ]
    MissingDetail.objects.bulk_create(new)
    MissingDetail.objects.filter(pk__in=[pk for key, pk in held.items() if key not in wanted]).delete()
    changed = {customer for customer, _ in wanted ^ held.keys()}
    had = {customer for customer, _ in held}
    for arrival in (a for a in arrivals if a.open):
        pk = arrival.row["customer_id"]
        arrival.status = UNCHANGED if pk not in changed else (UPDATED if pk in had else CREATED)
