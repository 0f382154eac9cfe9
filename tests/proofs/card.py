"""The shopkeeper's card at a million customers: the page and the API answer in under 200 ms at the 95th percentile.

1,000,000 customers with five interactions, three answers, a ticket, twelve months of money, a relationship and two
offers each; twenty of them with a thousand interactions, twenty known under two rows (PROOF_SCALE=0.2: a fifth). 500
customers in sight by chance, those among them, for the office, a region, a branch and a key; the page through Django's
own client, template included.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from crm.models import (
    AccountMember,
    ContactPoint,
    Customer,
    CustomerOffer,
    FinancialRecord,
    Interaction,
    Offer,
    OfferOutcome,
    Relationship,
)
from crm.services.merging import merge
from tests.proofs.console import signed_in
from tests.proofs.multitude import BRANCHES, fill, moment, multiply
from tests.proofs.record import proof, say, scaled
from tests.walk import Walk, walk
from tests.world import NOW, World, build_world

CUSTOMERS = scaled(1_000_000)
LIMIT = 200  # ms
LOOKS = 500
FEW, MEETINGS, MONTHS = 20, 1_000, 12
SEED = 20261122
ROWS = ("crm_customer", "crm_interaction", "surveys_response", "crm_financialrecord", "crm_customeroffer")


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    with proof("card", seed=SEED, promises=["p95_under_200_ms", "all_found"]) as figures:
        world = build_world()
        found = walk(world)
        rows = fill(world, found, tickets=CUSTOMERS)
        known = more(world, found)
        took = {name: measured(look, people(who, known)) for name, (who, look) in looks(world).items()}
        figures.update(
            rows={name: rows.get(name) or counted(name) for name in ROWS},
            ms=took,
            all_found=all(said["found"] == said["looks"] for said in took.values()),
            p95_under_200_ms=all(said["p95"] < LIMIT for said in took.values()),
        )


def counted(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def more(world: World, found: Walk) -> list[int]:
    """Two more answers and a telephone number each, accounts of ten, what they bring and are offered; a thousand
    meetings of a few old friends, and a few persons known twice. Returns the ids of those few."""
    n = CUSTOMERS
    first = Customer.objects.get(external_id="p-1").pk - 1
    at, customer = moment(2 * n), f"{first} + 1 + k % {n}"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    multiply(
        found.elsewhere, 2 * n, public_id="gen_random_uuid()", external_id="'e-' || k", customer_id=customer,
        score="k % 11", answered_at=at, updated_at=at, unit_id=unit_of(customer),
    )  # fmt: skip
    phone = "'+4420' || (70000000 + k)"
    point = ContactPoint.objects.get(customer=world.ines, channel="phone")
    multiply(point, n, customer_id=customer, address=phone, normalized=phone, address_hash=f"md5({phone}) || k::text")
    accounts = multiply(found.account, n // 10, external_id="'a-' || k", name="'Account ' || k")
    multiply(
        AccountMember.objects.get(account=found.account), n, account_id=f"{accounts} + 1 + k % {n // 10}",
        customer_id=customer,
    )  # fmt: skip
    earned(world, n, first)
    friends, twins = some(n, first, 1), some(n, first, 3)
    for number, friend in enumerate(friends):
        old = moment(MEETINGS)
        multiply(
            world.interaction, MEETINGS, external_id=f"'f-{number}-' || k", customer_id=str(friend), occurred_at=old,
            received_at=old, as_of=old, triggered_at=old, unit_id=unit_of(str(friend)),
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT; RESET synchronous_commit")
    for twin in twins:
        merge(kept=Customer.objects.get(pk=twin), merged=Customer.objects.get(pk=twin + 1), at=NOW)
    with connection.cursor() as cursor:
        say("VACUUM ANALYZE")
        cursor.execute("VACUUM ANALYZE")
    return [*friends, *twins]


def earned(world: World, n: int, first: int) -> None:
    """Money month by month, since when they are customers, an offer and another, which each tenth is held out of; each
    fifth has said something to the first."""
    customer, month = f"{first} + 1 + (k - 1) % {n}", f"make_interval(months => (k - 1) / {n})"
    multiply(
        FinancialRecord.objects.get(customer=world.ines), MONTHS * n, external_id="'m-' || k", customer_id=customer,
        starts_on=f"(DATE '2025-11-01' + {month})::date", ends_before=f"(DATE '2025-12-01' + {month})::date",
        revenue="k % 97700 / 100.0", margin="k % 9770 / 100.0", balance="k % 50000",
    )  # fmt: skip
    multiply(
        Relationship.objects.get(customer=world.ines), n, external_id="'r-' || k", customer_id=customer,
        joined_on="DATE '2010-01-01' + k % 5000",
    )  # fmt: skip
    gold = Offer.objects.get(external_id="gold")
    cover = Offer.objects.create(external_id="cover", name="Travel cover", say="It covers the whole family.")
    multiply(
        CustomerOffer.objects.get(customer=world.ines), 2 * n, external_id="'o-' || k", customer_id=customer,
        offer_id=f"CASE WHEN k <= {n} THEN {gold.pk} ELSE {cover.pk} END", rank=f"1 + (k - 1) / {n}",
        arm="CASE WHEN k % 10 = 0 THEN 'held_out' ELSE 'offered' END",
    )  # fmt: skip
    visits = Interaction.objects.get(external_id="v-1").pk - 1
    multiply(
        OfferOutcome.objects.get(customer=world.ines), n // 5, interaction_id=f"{visits} + k",
        customer_id=f"{first} + 1 + k % {n}", outcome="(ARRAY['accepted', 'declined', 'later', 'shown'])[1 + k % 4]",
    )  # fmt: skip


def some(n: int, first: int, beside: int) -> list[int]:
    """Ids of a few customers all over the table; every other one is at home in Helen's Harbour, as each 400th is."""
    places = [number * (n // FEW) // BRANCHES * BRANCHES for number in range(FEW)]
    return [first + place + (BRANCHES if number % 2 else beside) for number, place in enumerate(places)]


def unit_of(customer: str) -> str:
    """The home unit of a customer, as the multitude has it."""
    return f"(SELECT unit_id FROM crm_customer c WHERE c.id = {customer})"


def people(who: Any, known: list[int]) -> list[Customer]:
    """Those of the few whom `who` sees, and others in their sight by chance."""
    seen = list(Customer.objects.listed_to(who).order_by("pk").values_list("pk", flat=True))
    others = random.Random(SEED).sample(seen, min(len(seen), LOOKS))
    chosen = list(dict.fromkeys([*sorted({*known}.intersection(seen)), *others]))[:LOOKS]
    return list(Customer.objects.filter(pk__in=chosen))


def looks(world: World) -> dict[str, tuple[Any, Any]]:
    """Who looks, and how."""
    key = Client(headers={"authorization": f"Bearer {world.crm_secret}"})
    staff = {"office": world.olivia, "region": world.rosa, "branch": world.helen}
    found: dict[str, tuple[Any, Any]] = {f"page, {name}": (one.user, page_of(one)) for name, one in staff.items()}
    return found | {
        "api, key": (world.crm_key, lambda customer: key.get(f"/api/v1/customers/{customer.external_id}/card"))
    }


def page_of(person: Any) -> Any:
    client = signed_in(person)
    return lambda customer: client.get(f"/customers/{customer.reference}/card/")


def measured(look: Any, chosen: list[Customer]) -> dict[str, float]:
    """Milliseconds of one look at each: median, 95th percentile and longest; how many cards there were."""
    look(chosen[0])  # templates are read, the connection is made
    took, found = [], 0
    for customer in chosen:
        start = time.perf_counter()
        answer = look(customer)
        took.append((time.perf_counter() - start) * 1000)
        found += answer.status_code == 200
    ranked = statistics.quantiles(took, n=20)
    figures = {"p50": ranked[9], "p95": ranked[18], "max": max(took)}
    return {name: round(value, 1) for name, value in figures.items()} | {"looks": len(chosen), "found": found}
