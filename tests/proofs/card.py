"""The shopkeeper's card at a million customers: the page and the API answer in under 200 ms at the 95th percentile.

1,000,000 customers with five interactions, three answers and a ticket each, twenty of them with a thousand interactions
(PROOF_SCALE=0.2: a fifth). 500 customers by chance, the twenty among them, for the office, a region and a key; the page
through Django's own client, template included.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from crm.models import AccountMember, ContactPoint, Customer
from tests.proofs.console import signed_in
from tests.proofs.multitude import fill, moment, multiply
from tests.proofs.record import proof, say, scaled
from tests.walk import Walk, walk
from tests.world import World, build_world

CUSTOMERS = scaled(1_000_000)
LIMIT = 200  # ms
LOOKS = 500
OLD_FRIENDS, MEETINGS = 20, 1_000
SEED = 20261122


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    with proof("card", seed=SEED, promises=["p95_under_200_ms", "all_found"]) as figures:
        world = build_world()
        found = walk(world)
        rows = fill(world, found, tickets=CUSTOMERS)
        friends = more(world, found)
        chosen = people(friends)
        took = {name: measured(look, chosen) for name, look in looks(world).items()}
        figures.update(
            rows={name: rows.get(name, 0) for name in ("crm_customer", "crm_interaction", "surveys_response")},
            ms=took,
            all_found=all(said["found"] == LOOKS for said in took.values()),
            p95_under_200_ms=all(said["p95"] < LIMIT for said in took.values()),
        )


def more(world: World, found: Walk) -> list[int]:
    """Two more answers and a telephone number each, accounts of ten; a thousand meetings of a few old friends."""
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
    friends = [first + 1 + number * (n // OLD_FRIENDS) for number in range(OLD_FRIENDS)]
    for number, friend in enumerate(friends):
        old = moment(MEETINGS)
        multiply(
            world.interaction, MEETINGS, external_id=f"'f-{number}-' || k", customer_id=str(friend), occurred_at=old,
            received_at=old, as_of=old, triggered_at=old, unit_id=unit_of(str(friend)),
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT; RESET synchronous_commit")
        say("VACUUM ANALYZE")
        cursor.execute("VACUUM ANALYZE")
    return friends


def unit_of(customer: str) -> str:
    """The home unit of a customer, as the multitude has it."""
    return f"(SELECT unit_id FROM crm_customer c WHERE c.id = {customer})"


def people(friends: list[int]) -> list[Customer]:
    """The old friends, and others by chance."""
    rng = random.Random(SEED)
    low, high = friends[0], friends[0] + CUSTOMERS - 1
    others = rng.sample(range(low, high), LOOKS - OLD_FRIENDS)
    return list(Customer.objects.filter(pk__in={*friends, *others}))[:LOOKS]


def looks(world: World) -> dict[str, Any]:
    """Who looks, and how."""
    office, key = signed_in(world.olivia), Client(headers={"authorization": f"Bearer {world.crm_secret}"})
    return {
        "page, office": lambda customer: office.get(f"/customers/{customer.reference}/card/"),
        "api, key": lambda customer: key.get(f"/api/v1/customers/{customer.external_id}/card"),
    }


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
    return {"p50": round(ranked[9], 1), "p95": round(ranked[18], 1), "max": round(max(took), 1), "found": found}
