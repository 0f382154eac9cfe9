"""The work list, a ticket's page and the case desk of the console among 1,000,000 tickets (PROOF_SCALE=0.02: 20,000),
of which one in fifty is open, for a branch, a region and the office: how long they take, and how many queries.

A page of tickets asks as many queries as any other page of the same list, and each is there within a second nineteen
times of twenty.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from statistics import quantiles
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from closedloop.admin.queues import DOORS
from closedloop.models import Ticket
from closedloop.views.work_list import TABS
from tests.proofs.multitude import fill
from tests.proofs.record import proof, say, scaled
from tests.walk import walk
from tests.world import World, build_world

TICKETS = scaled(1_000_000)
SEED, VISITS = 7, 40
LIMIT = 1.0  # seconds, 95 of 100 visits
PEOPLE = {"branch": "helen", "region": "rosa", "office": "olivia"}


@dataclass
class Visits:
    """Of one page, or of pages alike: seconds and queries of each visit."""

    seconds: list[float] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        cuts = quantiles(self.seconds, n=100)
        least, most = min(self.queries), max(self.queries)
        return {"p50": round(cuts[49], 3), "p95": round(cuts[94], 3), "queries": [least, most]}


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    with proof("desk", seed=SEED, promises=["within_a_second", "lists_ask_alike"]) as figures:
        world = build_world()
        found = walk(world)
        fill(world, found, tickets=TICKETS)
        _give(world)
        visited = {f"{role}: {page}": visits for role, page, visits in _visits(world)}
        told = {name: visits.told() for name, visits in visited.items()}
        lists = {name: row["queries"] for name, row in told.items() if not name.endswith("a ticket")}
        figures.update(
            tickets=Ticket.objects.count(), open=Ticket.objects.open().count(), pages=told,
            within_a_second=all(row["p95"] < LIMIT for row in told.values()),
            lists_ask_alike=all(least == most for least, most in lists.values()),
        )  # fmt: skip


def _give(world: World) -> None:
    """Helen, Rosa and Olivia have some of the open ones themselves: every second of Harbour, a few of the others."""
    here = Ticket.objects.open().filter(unit=world.harbour).order_by("pk").values_list("pk", flat=True)
    Ticket.objects.filter(pk__in=list(here)[::2]).update(owner=world.helen)
    for person in (world.rosa, world.olivia):
        others = Ticket.objects.open().exclude(unit=world.harbour).filter(owner__user=None).order_by("-pk")
        Ticket.objects.filter(pk__in=list(others.values_list("pk", flat=True)[:60])).update(owner=person)


def _visits(world: World) -> Iterator[tuple[str, str, Visits]]:
    chance = random.Random(SEED)
    for role, name in PEOPLE.items():
        client, person = Client(), getattr(world, name)
        client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
        for page, paths in _pages(person, chance):
            visits = _visited(client, paths)
            say(f"{role} {page}: {visits.told()}")
            yield role, page, visits


def _pages(person: Any, chance: random.Random) -> Iterator[tuple[str, list[str]]]:
    """(what it is, the addresses to visit): a list as often as a ticket's page, of as many tickets."""
    for tab in TABS:
        yield f"work list, {tab}", [f"/tickets/?tab={tab}"] * VISITS
    for door, (_, query) in DOORS.items():
        yield f"desk, {door}", [f"/admin/closedloop/ticket/?{query}"] * VISITS
    seen = Ticket.objects.visible_to(person.user, "closedloop.view_ticket").open()
    ids = list(islice(seen.order_by("pk").values_list("pk", "public_id"), 5_000))
    chosen = chance.sample(ids, min(VISITS, len(ids)))
    yield "work list, a ticket", [f"/tickets/{public_id}/" for _, public_id in chosen]
    yield "desk, a ticket", [f"/admin/closedloop/ticket/{pk}/change/" for pk, _ in chosen]


def _visited(client: Client, paths: list[str]) -> Visits:
    client.get(paths[0])  # the first warms up
    visits = Visits()
    for path in paths:
        with _counted(visits):
            response = client.get(path)
        if response.status_code != 200:
            raise SystemExit(f"{response.status_code} {path}")
    return visits


@contextmanager
def _counted(visits: Visits) -> Iterator[None]:
    asked = 0

    def count(execute: Any, *statement: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*statement)

    with connection.execute_wrapper(count):
        start = time.perf_counter()
        yield
        visits.seconds.append(time.perf_counter() - start)
    visits.queries.append(asked)
