"""Issue 7, part 8: what a study by lot says about calls that help, and about calls that do not.

A simulated company of three branches. Every customer has a feeling T ~ N(8, 1.5) that nobody sees, and each answer is
that feeling with noise, rounded: two askings correlate by .66, as is found for such questions. Nobody changes by
themselves. The detractors of the first asking, and nobody else, are drawn by the house's own lot (`sort_out`), half of
them held out; 60 % answer again, whoever they are; 85 % stay.

In the `none` world calls do nothing. In the `helps` world one in four of those called who would still be detractors is
won back, and eight in a hundred more stay. The truth is the mean over these very customers, worked out from their
feelings. For each of 200 seeds of the lot, and of what then happens, the house's own page is asked: does the 95 %
interval of the difference hold the truth? 182 to 197 of 200 do if it is what it says (mean 190, three standard
deviations). The naive rate of those called stands beside it.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import NormalDist
from typing import Any

from django.db import transaction

from analytics.services.filling import fill
from analytics.services.recovery.reporting import Report, recovery_report
from closedloop.models import AlertRule, CustomerSignal, RecoveryDraw, RecoveryStudy
from closedloop.services.holding_out import sort_out
from closedloop.services.opening import Call
from crm.models import Customer, Relationship
from surveys.models import Program, Response
from surveys.scoring import category
from tests.factories import closedloop as make
from tests.proofs.record import proof, say, scaled
from tests.world import NOW, World, build_world

SEED, SEEDS, CUSTOMERS = 20261123, 200, 2_000
MEAN, SPREAD, RELIABILITY = 8.0, 1.5, 0.66
NOISE = math.sqrt(SPREAD**2 * (1 - RELIABILITY) / RELIABILITY)
ANSWER_AGAIN, WON_BACK, STAY, MORE_STAY = 0.6, 0.25, 0.85, 0.08
CUT = 6.5  # what is felt below it is said as 6 or less
WORLDS = {"none": False, "helps": True}
LEAST, MOST = 182, 197  # of 200
AFTER = timedelta(days=181)
NORMAL = NormalDist()


@dataclass
class Company:
    """The detractors of the first asking, with what they feel, and the call about each."""

    world: World
    calls: list[Call]
    feelings: Mapping[int, float]  # by customer

    def truth(self, *, helps: bool) -> dict[str, float]:
        """The mean effect on these customers: on the share that says 7 or more, and on the share that stays."""
        still = statistics.fmean(NORMAL.cdf((CUT - feeling) / NOISE) for feeling in self.feelings.values())
        return {"moved": ANSWER_AGAIN * WON_BACK * still, "stayed": MORE_STAY} if helps else {"moved": 0, "stayed": 0}


@dataclass
class Tally:
    """Over the seeds: how often the interval held the truth, and what the naive rate said."""

    held: dict[str, int] = field(default_factory=lambda: {"moved": 0, "stayed": 0})
    naive: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    points: list[float] = field(default_factory=list)

    def count(self, report: Report, truth: Mapping[str, float]) -> None:
        for name, found in (("moved", report.moved), ("stayed", report.stayed)):
            assert found
            self.held[name] += found.interval.low <= truth[name] <= found.interval.high
        assert report.moved
        self.points.append(report.moved.points)
        self.naive.append(report.naive or 0.0)
        self.others.append(report.naive_others or 0.0)


def main() -> None:
    with proof(
        "recovery", seed=SEED, promises=[f"{world}_{what}" for world in WORLDS for what in ("moved", "stayed")]
    ) as figures:
        company = found_company(random.Random(SEED))
        figures["detractors"] = len(company.calls)
        seeds = scaled(SEEDS)
        for name, helps in WORLDS.items():
            tally = Tally()
            for seed in range(seeds):
                run(company, tally, seed=f"{name} {seed}", helps=helps)
                if seed % 50 == 49:
                    say(f"{name}: {seed + 1} seeds, {tally.held}")
            figures.update(told(name, tally, company.truth(helps=helps), seeds))


def told(name: str, tally: Tally, truth: Mapping[str, float], seeds: int) -> dict[str, Any]:
    low, high = (math.floor(LEAST * seeds / SEEDS), math.ceil(MOST * seeds / SEEDS))
    return {
        f"{name}_truth": round(truth["moved"], 4), f"{name}_mean": round(statistics.fmean(tally.points), 4),
        f"{name}_held": tally.held, f"{name}_moved": low <= tally.held["moved"] <= high,
        f"{name}_stayed": low <= tally.held["stayed"] <= high,
        f"{name}_naive": round(statistics.fmean(tally.naive), 3),
        f"{name}_naive_held_out": round(statistics.fmean(tally.others), 3),
    }  # fmt: skip


def heard(feeling: float, rng: random.Random) -> int:
    """What somebody who feels so says."""
    return min(10, max(0, math.floor(feeling + rng.gauss(0, NOISE) + 0.5)))


def found_company(rng: random.Random) -> Company:
    """Customers of three branches, their first answers, and the signals that the house makes of them."""
    world = build_world()
    units = [world.harbour, world.mill, world.station]
    program = Program.objects.create(code="visits", name="Branch visits")
    people = Customer.objects.bulk_create(
        Customer(source="sim", external_id=f"s-{n}", given_name="S", unit=units[n % 3], as_of=NOW)
        for n in range(CUSTOMERS)
    )
    feelings = {person.pk: rng.gauss(MEAN, SPREAD) for person in people}
    Response.objects.bulk_create(
        _response(program, person, heard(feelings[person.pk], rng), minutes=-1) for person in people
    )
    Relationship.objects.bulk_create(
        Relationship(source="sim", external_id=f"s-{person.pk}", customer=person, as_of=NOW) for person in people
    )
    rule = make.rule(code="low", condition={"filter": "category", "value": "detractor"}, opens_ticket=False)
    make.listen(NOW)
    while fill(at=NOW):
        pass
    lows = CustomerSignal.objects.filter(category="detractor").select_related("unit", "response").order_by("pk")
    calls = [Call(low.customer_id or 0, AlertRule.objects.get(pk=rule.pk), [low]) for low in lows]
    return Company(world, calls, {low.customer_id or 0: feelings[low.customer_id or 0] for low in lows})


def _response(program: Program, person: Customer, score: int, *, minutes: int) -> Response:
    at = NOW + timedelta(minutes=minutes)
    return Response(
        source="sim", external_id=f"{person.pk} {minutes}", program=program, customer=person, unit_id=person.unit_id,
        channel="email", score=score, category=category(score) or "", answered_at=at, updated_at=at,
    )  # fmt: skip


def run(company: Company, tally: Tally, *, seed: str, helps: bool) -> None:
    """One study: the lot, half a year of life, the page. Nothing of it stays."""
    with transaction.atomic():
        RecoveryStudy.objects.create(
            code="study", name="Study", agreed_with="Board", agreed_on=NOW.date(), share="0.5", seed=seed,
            since=NOW - timedelta(days=1), until=NOW + timedelta(days=1),
        )  # fmt: skip
        sort_out(company.calls, {call.person: call.signals for call in company.calls}, at=NOW)
        live(company, random.Random(seed), helps=helps)
        report = recovery_report(
            principal=company.world.olivia.user,
            unit=company.world.head_office,
            at=NOW + AFTER,
            end=(NOW + AFTER).date(),
        )
        assert report.called.n + report.others.n == len(company.calls)
        tally.count(report, company.truth(helps=helps))
        transaction.set_rollback(True)


def live(company: Company, rng: random.Random, *, helps: bool) -> None:
    """Who answers again, and what; who leaves."""
    program = Program.objects.get(code="visits")
    again, gone = [], []
    for lot in RecoveryDraw.objects.select_related("customer").order_by("pk"):
        helped = helps and lot.arm == RecoveryDraw.Arm.CALLED
        score = heard(company.feelings[lot.customer_id], rng)
        if helped and score <= CUT and rng.random() < WON_BACK:
            score = 8
        if rng.random() < ANSWER_AGAIN:
            again.append(_response(program, lot.customer, score, minutes=60 * 24 * 30))
        if rng.random() >= STAY + (MORE_STAY if helped else 0):
            gone.append(lot.customer_id)
    Response.objects.bulk_create(again)
    Relationship.objects.filter(customer__in=gone).update(left_on=(NOW + timedelta(days=90)).date())


if __name__ == "__main__":
    main()
