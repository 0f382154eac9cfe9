"""Many senders at once, each with a connection of its own."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter

import httpx
import pytest
from django.db import connection

from crm.models import Interaction
from tests.world import build_world

CLIENTS, ITEMS = 8, 60


@pytest.mark.django_db(transaction=True)
def test_eight_clients_sending_the_same_interactions_in_any_order_leave_one_row_each(live_server):
    world = build_world()
    before = Interaction.objects.count()
    statuses = send_all(live_server.url, world, [item(world, number) for number in range(ITEMS)])
    assert Interaction.objects.count() - before == ITEMS
    assert statuses == {"created": ITEMS, "unchanged": ITEMS * (CLIENTS - 1)}


@pytest.mark.django_db(transaction=True)
def test_of_versions_sent_by_eight_clients_at_once_the_newest_stays(live_server):
    world = build_world()
    versions = [item(world, 1, product=f"v{n:02}", as_of=f"2026-11-20T10:00:{n:02}+00:00") for n in range(CLIENTS)]
    statuses = send_all(live_server.url, world, versions, one_each=True)
    assert Interaction.objects.get(external_id="v-1").product == f"v{CLIENTS - 1:02}"
    assert statuses["created"] == 1
    assert sum(statuses.values()) == CLIENTS


def item(world, number, **fields):
    return {
        "external_id": f"v-{number}", "kind": "branch-visit", "customer": world.ines.external_id,
        "unit": world.harbour.external_id, "occurred_at": "2026-11-20T09:00:00+00:00",
        "as_of": "2026-11-20T10:00:00+00:00", **fields,
    }  # fmt: skip


def send_all(url, world, items, *, one_each=False):
    """Every client posts all items in an order of its own (or just one), all at the same moment."""
    start, counts = threading.Barrier(CLIENTS), Counter()

    def client(number: int) -> None:
        own = [items[number]] if one_each else random.Random(number).sample(items, len(items))
        start.wait()
        answer = httpx.post(
            f"{url}/api/v1/interactions",
            content=json.dumps(own),
            headers={"Authorization": f"Bearer {world.crm_secret}", "Content-Type": "application/json"},
            timeout=60,
        )
        counts.update(result["status"] for result in answer.json()["results"])

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.close()
    return counts
