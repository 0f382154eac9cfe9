"""The allocator against first-come on the simulated company: units that reach their precision, at equal contacts.

The bank of the demo with its truth (who comes where and when, who answers how often) and its six branches' sizes, a
busy month, 20 seeds at which nobody looked while the rule was made. Four programs want the same customers, each of whom
is asked at most every 21 days, as in the demo: after visits, after calls, after mortgage talks, and a quarterly wave.
A third of the customers were asked within the last three weeks when the month begins. Two scenarios:

- `plain`: rates as an office plans them, one for all branches: so that one of the smallest size has the 102 answers of
  the house's margin (+/-15 points) if the program is alone, rounded up to a twentieth; of talks all;
- `targets`: each program has its margin and hence its target, toward which its rate adapts. At its target it asks
  nobody in either arm, so both must make the very same.

- `crowded`: a bank of a quarter of that size, where everything asks everybody, and a fifth program asks after visits
  as well: nobody ever has enough, so what the lots do shows. Here (and for every fifth seed of `plain`) each program
  is also run alone.

The arms run in the time machine, on the trigger's own statements. A pair of program and unit has reached its precision
when it has the answers for the margin, or (`wider`) for one a point wider. With all of its `own` contacts; and at
`equal` ones: of the arm that made more so many are left out by lot that both have as many. As contacts left out by lot
free nobody for other programs, the allocator is also held against first-come at `lower_rates`, 0.84 of the planned,
and at `capped`, the planned rates with a target of the 102 answers for each.

"No fewer" pairs, with all contacts and with targets, is held against the lower end of the interval: not two points
fewer. With two seeds or four that end says little, so the promise is one of many.

A program starves in a unit if it gets less than half of its equal share (1 / the number of programs) of the answers
that it would get there alone, where those are at least twenty.
"""

from __future__ import annotations

import os
import random
import statistics
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import sqrt
from typing import Any

from django.core.management import call_command

from crm.models import BusinessCalendar, Channel, ContactPoint, Customer, Interaction, InteractionKind, OrgUnit
from demo.company.bank import Bank, build
from demo.company.sizes import SMALL
from demo.truth.minds import Feeling as Mood
from demo.truth.minds import would_answer
from demo.truth.visits import visits_of
from surveys.models import ContactLedger, Program, ProgramVersion
from surveys.precision import MARGIN, answers_for, half_width
from surveys.services.rehearsing.running import drop_all, run_days
from surveys.services.rehearsing.shadow import Arm
from surveys.services.triggering.tables import execute, fetch
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.proofs.record import proof, say, scaled

FIRST_SEED = int(os.environ.get("ALLOCATOR_SEED", "301"))  # those below 301 were seen in development
SEEDS = range(FIRST_SEED, FIRST_SEED + scaled(20))
ARMS = ("first_come", "allocator")
LOWER, LOWERED = "lower_rates", Decimal("0.84")  # first-come that saves contacts by asking fewer
CAPPED = "capped"  # first-come that stops at the wanted answers
SCENARIOS = ("plain", "targets", "crowded")
NO_FEWER = -2.0  # points: what "no fewer" allows for, held against the lower end of the interval
PROMISES = ["more_units", "no_fewer_with_all", "no_fewer_with_targets", "nobody_starves", "narrower"]
WAYS = ("equal", "equal_wider", "own", "own_wider")
T_975 = {20: 2.093, 4: 3.182, 2: 12.71}  # Student's t, by the number of seeds
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
SIZE = replace(SMALL, days=60, branches=6, customers=15_000, per_branch=120.0)
CROWDED = replace(SIZE, customers=3_750, per_branch=30.0)
DAY = timedelta(days=1)
WAIT, ASKED_BEFORE = 21, 1 / 3
# place in the order of first-come (the frequent one goes first), the plain rate, and the margin of the target
ORDER = (("branch-visit", 10, "0.25", 0.15), ("phone-call", 20, "0.55", 0.20), ("mortgage-talk", 30, "1", 0.30))
WAVE = ("wave", 40, "0.6", 0.15)
AGAIN, OF = ("counter", 50, "1", 0.15), {"counter": "branch-visit"}  # the other program about visits
ENOUGH_TO_TELL = 20
MARGINS = {code: margin for code, *_, margin in (*ORDER, WAVE)}

# of so many contacts, drawn by lot: answers of each program and unit
_ANSWERS = """
SELECT i.program_id, i.unit_id, count(r.id) FROM (
    SELECT * FROM {invitations} WHERE created_at >= %(first)s AND created_at < %(until)s
    ORDER BY md5(customer_id || ' ' || created_at) LIMIT %(contacts)s
) i LEFT JOIN {responses} r ON r.invitation_id = i.id GROUP BY 1, 2
"""
_CONTACTS = "SELECT count(*) FROM {invitations} WHERE created_at >= %(first)s AND created_at < %(until)s"


def main() -> None:
    with proof("allocator", seed=SEEDS[0], promises=PROMISES) as figures:
        found = []
        for seed in SEEDS:
            found.append(compared(seed))
            say(f"seed {seed}: {found[-1]}")
        figures["seeds"] = len(found)
        for name in SCENARIOS:
            figures[name] = _summed([one[name] for one in found])
        least = {way: figures["plain"][way]["interval"][0] for way in WAYS}
        figures["more_units"] = min(least["equal"], least["equal_wider"]) > 0
        figures["no_fewer_with_all"] = min(least["own"], least["own_wider"]) >= NO_FEWER
        figures["no_fewer_with_targets"] = figures["targets"]["own"]["interval"][0] >= NO_FEWER
        figures["narrower"] = figures["crowded"]["narrower"]["interval"][0] > 0
        figures["nobody_starves"] = not any(
            figures[name]["starving"]["allocator"] for name in SCENARIOS if "starving" in figures[name]
        )


def _summed(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Of one scenario. `by_program`: pairs that reached the margin with all contacts, in either arm."""
    programs = found[0]["by_program"]
    return {
        "pairs": sum(one["pairs"] for one in found),
        "contacts": {
            arm: sum(one["contacts"][arm] for one in found)
            for arm in found[0]["contacts"]
            if not arm.startswith("alone")
        },
        **{way: _compared(found, place, ARMS) for place, way in enumerate(WAYS)},
        **{
            f"{arm}{wider}": _compared(found, WAYS.index("own" + wider), (arm, "allocator"))
            for arm in (LOWER, CAPPED)
            if arm in found[0]
            for wider in ("", "_wider")
        },
        **(_starving([one for one in found if "alone" in one]) if "alone" in found[0] else {}),
        "by_program": {code: [sum(one["by_program"][code][n] for one in found) for n in (0, 1)] for code in programs},
    }


def _starving(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Pairs that get less than half of their equal share of what they would get alone, of those that would get twenty
    answers; the least part that any gets; and the mean half width of the intervals, in points."""
    parts: dict[str, list[float]] = {
        arm: [
            one["answers"][arm].get(pair, 0) / alone
            for one in found for pair, alone in one["alone"].items() if alone >= ENOUGH_TO_TELL
        ]
        for arm in ARMS
    }  # fmt: skip
    floor = 0.5 / len(found[0]["by_program"])
    widths = {arm: [100 * _mean_width(one, arm) for one in found] for arm in ARMS}
    return {
        "told": len(parts["allocator"]),
        "starving": {arm: sum(part < floor for part in each) for arm, each in parts.items()},
        "least_part": {arm: round(min(each), 2) for arm, each in parts.items()},
        "half_width": {arm: round(statistics.fmean(each), 2) for arm, each in widths.items()},
        "narrower": _difference([a - b for a, b in zip(*(widths[arm] for arm in ARMS), strict=True)]),
    }


def _mean_width(one: dict[str, Any], arm: str) -> float:
    return statistics.fmean(half_width(one["answers"][arm].get(pair, 0)) for pair in one["alone"])


def _compared(found: list[dict[str, Any]], way: int, arms: tuple[str, str]) -> dict[str, Any]:
    """Shares of the pairs in per cent, and the mean difference of the seeds with its 95 % interval."""
    shares = {arm: [100 * one[arm][way] / one["pairs"] for one in found] for arm in arms}
    means = {arm: round(statistics.fmean(each), 1) for arm, each in shares.items()}
    return means | _difference([with_ - without for without, with_ in zip(*shares.values(), strict=True)])


def _difference(gains: list[float]) -> dict[str, Any]:
    mean, half = statistics.fmean(gains), 0.0
    if len(gains) > 1:
        half = T_975.get(len(gains), 2.4) * statistics.stdev(gains) / sqrt(len(gains))
    return {"difference": round(mean, 1), "interval": [round(mean - half, 1), round(mean + half, 1)]}


def compared(seed: int) -> dict[str, Any]:
    """Pairs that reached their precision in each scenario and arm."""
    found: dict[str, Any] = {}
    for size, names in ((SIZE, ("plain", "targets")), (CROWDED, ("crowded",))):
        call_command("flush", interactive=False, verbosity=0)
        bank = build(seed, size, until=date(2026, 7, 1))
        units = settle(bank)
        asked_before(bank)
        truth = rates_of(bank, units)
        every_fifth = (seed - SEEDS[0]) % 5 == 0
        found |= {name: _run(bank, name, truth, every_fifth) for name in names}
    return found


def _run(bank: Bank, scenario: str, truth: dict[int, float], every_fifth: bool) -> dict[str, Any]:
    versions = programs(bank, scenario)
    arms = [Arm(name, versions, allocating=name == "allocator") for name in ARMS]
    if scenario == "plain":
        arms.append(Arm(LOWER, programs(bank, scenario, share=LOWERED)))
        arms.append(Arm(CAPPED, programs(bank, scenario, target=answers_for())))
    if scenario == "crowded" or (scenario == "plain" and every_fifth):
        arms += [Arm(f"alone_{n}", [version]) for n, version in enumerate(versions)]
    now = datetime.combine(LAST, time.min, UTC)
    run_days(arms, first=FIRST, last=LAST, now=now, known=lambda: know(truth))
    month = {"first": datetime.combine(FIRST, time.min, UTC), "until": datetime.combine(LAST + DAY, time.min, UTC)}
    made = {arm.name: int(_fetch(_CONTACTS, arm, month)[0][0]) for arm in arms}
    fewest = min(made[name] for name in ARMS)
    answers = {
        arm.name: [_fetch(_ANSWERS, arm, {**month, "contacts": contacts}) for contacts in (fewest, made[arm.name])]
        for arm in arms
    }
    drop_all(arms)
    wanted = {version.program_id: _margin(version) for version in versions}
    reached = {
        name: [_reached(rows, wanted, wider) for rows in of_arm for wider in (0.0, 0.01)]
        for name, of_arm in answers.items()
    }
    by_program = {
        code: [_reached([row for row in answers[name][1] if row[0] == pk], wanted, 0.0) for name in ARMS]
        for pk, code in ((version.program_id, version.program.code) for version in versions)
    }
    of_pairs = {name: {row[:2]: row[2] for row in each[1]} for name, each in answers.items()}
    alone = {pair: n for name in of_pairs if name.startswith("alone") for pair, n in of_pairs[name].items()}
    return {
        **reached, "pairs": len(versions) * len(truth), "contacts": made, "by_program": by_program,
        **({"alone": alone, "answers": {name: of_pairs[name] for name in ARMS}} if alone else {}),
    }  # fmt: skip


def _margin(version: ProgramVersion) -> float:
    return MARGIN if version.target is None else MARGINS[version.program.code]


def _fetch(statement: str, arm: Arm, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    return fetch(statement.format(invitations=arm.tables.invitations, responses=arm.tables.responses), values)


def _reached(rows: list[tuple[Any, ...]], wanted: dict[int, float], wider: float) -> int:
    """Pairs that have the answers for the margin, or for one so much wider."""
    return sum(n >= answers_for(wanted[program] + wider) for program, _, n in rows)


def settle(bank: Bank) -> dict[str, OrgUnit]:
    """The branches, their customers with an address each, and what happened there in the month."""
    calendar: BusinessCalendar = make.calendar(code="week", country="GB", subdivision="ENG")
    units = {unit.code: make.unit(name=unit.code, calendar=calendar) for unit in bank.branches}
    at = datetime.combine(FIRST, time.min, UTC)
    people = [bank.customer(number) for number in range(1, bank.size.customers + 1)]
    rows = Customer.objects.bulk_create(
        Customer(source="bank", external_id=person.code, unit=units[person.unit], as_of=at) for person in people
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(
            customer=row, channel=Channel.EMAIL, address=person.email, normalized=person.email, address_hash=person.code
        )
        for row, person in zip(rows, people, strict=True)
    )
    known, kinds = (
        {row.external_id: row for row in rows},
        {code: make.interaction_kind(code=code) for code, *_ in ORDER},
    )
    Interaction.objects.bulk_create(happened(bank, units, known, kinds), batch_size=5_000)
    return units


def happened(
    bank: Bank, units: dict[str, OrgUnit], known: dict[str, Customer], kinds: dict[str, InteractionKind]
) -> list[Interaction]:
    days = [date.fromordinal(number) for number in range(FIRST.toordinal(), LAST.toordinal() + 1)]
    return [
        Interaction(
            source="bank", external_id=visit.code, kind=kinds[visit.kind], customer=known[visit.customer],
            unit=units[visit.unit], occurred_at=visit.occurred_at, received_at=visit.occurred_at,
            product=visit.product, channel=visit.channel, attributes={}, as_of=visit.occurred_at,
        )
        for unit in bank.branches for day in days for visit in visits_of(bank, unit, day)
    ]  # fmt: skip


def asked_before(bank: Bank) -> None:
    """When the month begins a third of the customers were asked within the last three weeks, by a program of before."""
    rng, midnight = random.Random(f"{bank.seed}:before"), datetime.combine(FIRST, time.min, UTC)
    before = ask.program(code="before", active=False)
    known = {"program": before, "program_kind": before.kind, "state": "handed_off"}
    rows = []
    for pk in Customer.objects.order_by("external_id").values_list("pk", flat=True):
        if rng.random() < ASKED_BEFORE:
            when = midnight - timedelta(days=WAIT * rng.random())
            rows.append(ContactLedger(customer_id=pk, reserved_at=when, handed_off_at=when, **known))
    ContactLedger.objects.bulk_create(rows)


def programs(
    bank: Bank, scenario: str, *, share: Decimal = Decimal(1), target: int | None = None
) -> list[ProgramVersion]:
    """In the order of first-come."""
    found = []
    for code, place, rate, margin in (*ORDER, WAVE, *([AGAIN] if scenario == "crowded" else [])):
        kind = Program.Kind.RELATIONSHIP if code == WAVE[0] else Program.Kind.TRANSACTIONAL
        program, _ = Program.objects.get_or_create(code=code, defaults={"name": code, "kind": kind, "active": True})
        occasion: dict[str, Any] = {"wave_months": 3}
        if code != WAVE[0]:
            occasion = {"interaction_kind": InteractionKind.objects.get(code=OF.get(code, code))}
        asks: dict[str, Any] = {"target": answers_for(margin)}
        if scenario != "targets":
            asks = {"sampling_rate": Decimal(rate) * share if scenario == "plain" else Decimal(1), "target": target}
        found.append(
            ask.version(
                program=program, priority=100 + place, period="month", quarantine_days=WAIT,
                program_quarantine_days=WAIT, seed=f"alder-{bank.seed}", **occasion, **asks,
            )
        )  # fmt: skip
    return found


def rates_of(bank: Bank, units: dict[str, OrgUnit]) -> dict[int, float]:
    """Who answers how often, by the truth: the mean of each branch's customers, for a score of 8."""
    mood = Mood(8, "general", 8.0, "")
    return {
        unit.pk: statistics.fmean(would_answer(bank.customer(number), mood) for number in bank.regulars(code))
        for code, unit in units.items()
    }


def know(truth: dict[int, float]) -> None:
    for unit, rate in truth.items():
        execute("UPDATE shadow_rate SET rate = %(rate)s WHERE unit_id = %(unit)s", {"rate": rate, "unit": unit})
