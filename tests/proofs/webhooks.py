"""10,000 events are told to three receivers, one well, one that takes a second for each, one dead (it takes every
connection and never answers), by a real `manage.py work` whose workers are killed while they are at it; meanwhile
customers complain, and their managers get their mail. The well one has everything within six minutes although the
others have hardly begun; nothing is lost, and what comes twice comes under the same `webhook-id`.

Nothing is waited for that takes minutes by design: leases of killed workers are put forward by SQL.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from common.models import Event, State
from crm.models import Customer
from distribution.models import Dispatch, WebhookDelivery, WebhookEndpoint
from distribution.services.webhooks.telling import DELIVER
from tests.factories import webhooks as make
from tests.faults import processes
from tests.faults.comparing import Comparison, compare
from tests.faults.http_sink import HttpSink, open_http_sink
from tests.faults.ledger import Ledger
from tests.faults.plans import calm
from tests.faults.post_office import PostOffice, open_post_office
from tests.proofs.company import ALWAYS, Company, found
from tests.proofs.record import HOUSE, proof, say, scaled

SEED = 20261122
EVENTS, COMPLAINTS, STRIKES = 10_000, 40, 12
WAVES = 10
WITHIN = 360.0  # seconds, from the first event to the well receiver's last
LATE = 600.0
LOG = HOUSE / "var" / "webhooks.log"
PROMISES = [
    "well_has_all", "nothing_lost", "within", "mails_arrived", "busy_were_hit", "others_wait", "same_bodies",
    "ledgers_agree",
]  # fmt: skip


def happen(people: list[Customer]) -> None:
    """One event about each."""
    Event.objects.record_each(
        "customer.held", {person: {"kind": "complaint", "cause": "proof"} for person in people}, at=timezone.now()
    )
    async_task("distribution.tasks.tell_systems", save=False)


def strike(work: int, rng: random.Random) -> bool:
    """Kill a worker that is at it; was there one?"""
    busy = [worker for worker in processes.workers_below(work) if worker.is_busy]
    return bool(busy) and processes.kill(rng.choice(busy).pid)


def storm(company: Company, work: int, rng: random.Random) -> int:
    """Events and complaints come in, workers are killed; how many were."""
    events, hit = scaled(EVENTS), 0
    for wave in range(WAVES):
        people = company.customers(events // WAVES)
        Customer.objects.filter(pk__in=[person.pk for person in people]).update(unit=company.world.harbour)
        happen(people)
        company.complaints(company.customers(max(1, scaled(COMPLAINTS) // WAVES)))
        for _ in range(max(1, scaled(STRIKES) // WAVES) + (wave % 2 if scaled(STRIKES) > WAVES else 0)):
            time.sleep(rng.uniform(0.8, 1.6))
            hit += strike(work, rng)
        say(f"wave {wave + 1} of {WAVES}, {hit} workers killed, {dict(states())}")
    return hit


def states(endpoint: WebhookEndpoint | None = None) -> Counter[str]:
    rows = WebhookDelivery.objects.all() if endpoint is None else WebhookDelivery.objects.filter(endpoint=endpoint)
    return Counter(rows.values_list("state", flat=True))


def put_leases_forward() -> None:
    for model in (WebhookDelivery, Dispatch):
        held = model.objects.filter(state__in=[State.SENDING, State.PENDING], leased_until__isnull=False)
        held.update(leased_until=F("leased_until") - timedelta(minutes=6))
    async_task(DELIVER, save=False)
    async_task("distribution.tasks.send", save=False)


def happened() -> int:
    """Events to be told; a ticket holds its customer too."""
    return Event.objects.filter(what="customer.held").count()


def settle(well: WebhookEndpoint) -> None:
    """Until the well one has everything; leases of the killed are put forward once nothing else moves."""

    def done() -> bool:
        found = states(well)
        mails = Dispatch.objects.filter(state__in=[State.PENDING, State.SENDING]).count()
        if found[State.PENDING] + found[State.SENDING] + mails == 0 and found.total() == happened():
            return True
        if found[State.HANDED_OFF] == seen[0]:
            put_leases_forward()
        seen[0] = found[State.HANDED_OFF]
        say(f"well: {dict(found)}, mails: {dict(Counter(Dispatch.objects.values_list('state', flat=True)))}")
        time.sleep(2)
        return False

    seen = [-1]
    processes.until(done, seconds=LATE, what="the well receiver has everything")


def judge(ledger: Ledger, endpoints: dict[str, WebhookEndpoint]) -> dict[str, Any]:
    """The receivers' ledger against the rows; nobody is at work any more."""
    events, taken = happened(), list(ledger.lines("accepted"))
    found = {name: compare_deliveries(endpoint, taken) for name, endpoint in endpoints.items()}
    bodies = dict(WebhookDelivery.objects.values_list("message_id", "body"))
    well = found["well"]
    return {
        "receivers": {name: each.figures() for name, each in found.items()},
        "well_has_all": len(well.arrived) == well.states[State.HANDED_OFF] == well.states.total() == events,
        "twice": well.twice,
        "same_bodies": all(line["body"] == sha256(bodies.get(line["key"], "").encode()).hexdigest() for line in taken),
        "ledgers_agree": all(each.lost == each.strangers == 0 for each in found.values()) and well.unaccounted == 0,
        "nothing_lost": all(each.states.total() == events and not each.states[State.FAILED] for each in found.values()),
        "others_wait": found["dead"].states[State.HANDED_OFF] == 0 < found["slow"].states[State.HANDED_OFF],
    }


def compare_deliveries(endpoint: WebhookEndpoint, taken: list[dict[str, Any]]) -> Comparison:
    """The rows of one endpoint against what was taken at its address."""
    path, rows = urlsplit(endpoint.url).path, WebhookDelivery.objects.filter(endpoint=endpoint)
    arrived = [line["key"] for line in taken if line["path"] == path]
    return compare(rows.values_list("state", "message_id"), arrived)


def main() -> None:
    rng, company = random.Random(SEED), found()
    with proof("webhooks", seed=SEED, promises=PROMISES) as figures, ExitStack() as stack:
        ledger = Ledger(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "taken.jsonl")
        sink = stack.enter_context(open_http_sink(HttpSink(ledger=ledger)))
        office = stack.enter_context(open_post_office(PostOffice(plan=calm)))
        endpoints = {
            name: make.endpoint(unit=company.world.head_office, url=sink.url + path, types=["customer.held"], name=name)
            for name, path in (("dead", "/stall"), ("slow", "/slow-100"), ("well", "/well"))
        }
        environment = {
            **ALWAYS, "SHOPKEEPER_EMAIL_URL": f"smtp://127.0.0.1:{office.port}",
            "SHOPKEEPER_WEBHOOK_NETWORKS": "127.0.0.0/8", "SHOPKEEPER_WEBHOOK_PORTS": str(urlsplit(sink.url).port),
        }  # fmt: skip
        with processes.running("manage.py", "work", log=LOG, environment=environment) as work:
            processes.until(lambda: processes.workers_below(work.pid), seconds=60, what="the workers start")
            started = time.monotonic()
            hit = storm(company, work.pid, rng)
            settle(endpoints["well"])
            seconds = time.monotonic() - started
        mails = Counter(Dispatch.objects.filter(kind="alert").values_list("state", flat=True))
        figures.update(events=happened(), workers_killed=hit, well_seconds=round(seconds, 1), mails=dict(mails))
        figures.update(judge(ledger, endpoints))
        figures.update(
            within=seconds <= WITHIN, busy_were_hit=hit > 0,
            mails_arrived=mails.total() > 0 and mails[State.PENDING] + mails[State.FAILED] == 0,
        )  # fmt: skip
