"""Rollups under kill -9: a process folds answers into facts and cells, and now and then computes all of them anew,
while answers come late, are changed, moved to another unit, program or channel, redated, withdrawn and deleted; 200
times it is killed in the middle of it. What was filled so far is true after each death (`verify_score` finds nothing
but what waits); every twenty deaths all that waits is taken in, and facts and cells of days and of months are those of
a rebuild, to the row.
"""

from __future__ import annotations

import os
import random
import select
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from analytics.models import AnswerFact, DirtyCell
from analytics.services.filling import fill, rebuild
from analytics.services.verifying import mismatches
from analytics.stats import OF_ANSWERS
from common.forks import forget_connections
from surveys.models import Response
from tests.factories import analytics as make
from tests.factories import crm as make_crm
from tests.proofs.record import proof, say, scaled

SEED = 20261124
DEATHS, ANSWERS, CHANGES, EVERY = 200, 6_000, 150, 20
LAST = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 400
ZONES = ("Europe/London", "Asia/Tokyo", "America/New_York", "Pacific/Auckland")
REBUILDS = 0.1  # of the deaths strike a rebuild
VERBS = {"came": 4, "changed": 5, "moved": 3, "redated": 3, "withdrawn": 2, "deleted": 2}
AT_WORK = {b"f": "filling", b"r": "rebuild"}
PROMISES = ["all_struck_at_work", "true_after_each_death", "increment_equals_rebuild"]


class Company:
    """Where answers come from, and what happens to them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.units = [make_crm.unit(name=f"Branch {n}", zone=ZONES[n % len(ZONES)]) for n in range(8)]
        self.programs = [make.program(code) for code in ("visits", "calls", "claims")]
        self.done: Counter[str] = Counter()

    def happen(self, number: int) -> None:
        """So many things, each to an answer by lot; they commit one by one or by the dozen, as pages and loads do."""
        verbs = self.rng.choices(list(VERBS), weights=list(VERBS.values()), k=number)
        rows = self.rng.sample(list(Response.objects.order_by("pk").values_list("pk", flat=True)), number)
        for verb, pk in zip(verbs, rows, strict=True):
            self.done[verb] += 1
            row = Response.objects.filter(pk=pk)
            if verb == "came":
                self.come(1)
            elif verb == "deleted":
                row.delete()
            else:
                row.update(folded_at=None, **self._change(verb))

    def come(self, number: int) -> None:
        """Late ones too: of any day of four hundred."""
        rng = self.rng
        for unit in rng.sample(self.units, min(number, len(self.units))):
            at = LAST - timedelta(minutes=rng.randrange(DAYS * 24 * 60))
            make.answers(
                unit=unit, scores=[rng.randint(0, 10) for _ in range(-(-number // len(self.units)))], on=at.date(),
                answered_at=at, of=rng.choice(self.programs), channel=rng.choice(["email", "sms", "link"]),
                comment=rng.choice(["", "Words"]),
            )  # fmt: skip

    def _change(self, verb: str) -> dict[str, Any]:
        rng = self.rng
        if verb == "moved":
            return {"unit": rng.choice(self.units), "program": rng.choice(self.programs)}
        if verb == "redated":
            return {"answered_at": LAST - timedelta(minutes=rng.randrange(DAYS * 24 * 60))}
        if verb == "withdrawn":
            return {"score": None, "category": ""}
        return {"score": rng.randint(0, 10), "category": "", "channel": rng.choice(["email", "sms", "link"])}


def strike(rng: random.Random) -> str:
    """A process folds until it is killed; what it was at, empty if it was between two fillings."""
    connections.close_all()
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        try:
            forget_connections()
            _fold(writes, random.Random(rng.random()))
        finally:
            os._exit(1)
    os.close(writes)
    words, first = b"", 1 + rng.randrange(3)
    while len(words.replace(b".", b"")) < first:  # those before may come to their end
        if not (word := os.read(reads, 1)):
            raise AssertionError("it ended by itself")
        words += word
    time.sleep(rng.uniform(0, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while select.select([reads], [], [], 0)[0] and (more := os.read(reads, 4096)):
        words += more
    os.close(reads)
    return AT_WORK.get(words[-1:], "")


def _fold(tell: int, rng: random.Random) -> None:
    """Small batches, so that a death finds some of the answers folded. Says when each begins and ends."""
    while True:
        anew = rng.random() < REBUILDS
        os.write(tell, b"r" if anew else b"f")
        if anew:
            rebuild(at=timezone.now())
        else:
            Response.objects.filter(pk__in=Response.objects.order_by("?").values("pk")[:20]).update(folded_at=None)
            fill(at=timezone.now(), limit=rng.choice([3, 20, 100]))
        os.write(tell, b".")


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Facts and cells, without the numbers that each writing hands out anew."""
    models = [AnswerFact, *(rollup.target for rollup in OF_ANSWERS)]
    found = {}
    for model in models:
        names = [field.attname for field in model._meta.concrete_fields if field.name != "id"]
        found[model.__name__] = sorted(model._base_manager.values_list(*names), key=repr)
    return found


def settled() -> bool:
    """Whether all that waits, taken in, is what a rebuild makes of the answers."""
    while fill(at=timezone.now()) or DirtyCell.objects.exists() or Response.objects.filter(folded_at=None).exists():
        time.sleep(0.01)  # the session of who was killed may hold some until it notices
    grown = rows()
    rebuild(at=timezone.now())
    anew = rows()
    for name in (name for name in grown if grown[name] != anew[name]):
        say(f"{name}: {sorted(set(grown[name]) ^ set(anew[name]), key=repr)[:6]}")
    return grown == anew


def main() -> None:
    rng = random.Random(SEED)
    deaths = scaled(DEATHS)
    company = Company(rng)
    while Response.objects.count() < scaled(ANSWERS):
        company.come(80)
    rebuild(at=timezone.now())
    with proof("folding", seed=SEED, promises=PROMISES) as figures:
        struck: Counter[str] = Counter()
        wrong, equal, compared = 0, 0, 0
        while struck["filling"] + struck["rebuild"] < deaths:
            company.happen(min(CHANGES, scaled(ANSWERS) // 2))
            at = strike(rng)
            struck[at or "idle"] += 1
            wrong += len(mismatches())
            number = struck["filling"] + struck["rebuild"]
            if at and (number % EVERY == 0 or number == deaths):
                compared += 1
                equal += settled()
                say(f"{number} of {deaths} deaths, {dict(struck)}, {wrong} wrong, {equal} of {compared} equal")
        figures.update(
            deaths=dict(struck), changes=dict(company.done), answers=Response.objects.count(),
            facts=AnswerFact.objects.count(), cells={name: len(found) for name, found in rows().items()}, wrong=wrong,
            compared=compared, equal=equal,
        )  # fmt: skip
        figures["all_struck_at_work"] = number == deaths
        figures["true_after_each_death"] = wrong == 0
        figures["increment_equals_rebuild"] = equal == compared > 0
