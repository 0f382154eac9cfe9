"""The allocator against first-come on the simulated company, at equal contacts: units that reach their precision.

The bank of the demo with its truth (who comes where and when, who answers how often), a busy month, 20 seeds at which
nobody looked while the allocator was made. Four programs want the same customers: after visits, after calls, after
mortgage talks, and a wave over all customers, each with its margin and hence its target, toward which its rate adapts.
Both arms run in the time machine, on the trigger's own statements. A pair of program and unit has reached its precision
when it has the answers for the margin (`reached`), or for a margin a point wider (`within_a_point`), as the adapting
rate aims at the target and lands on either side of it. Only the first contacts of each arm count, as many as the arm
with fewer made. That takes the month's last contacts from the other arm, which may have just sufficed: hence also what
each reached with all of its own (`with_all`), and how many those were. A program starves as the allocator itself says.
"""

from __future__ import annotations

import statistics
from dataclasses import replace
from datetime import UTC, date, datetime, time
from math import sqrt
from typing import Any

from django.core.management import call_command

from crm.models import BusinessCalendar, Channel, ContactPoint, Customer, Interaction, InteractionKind, OrgUnit
from demo.company.bank import Bank, build
from demo.company.sizes import SMALL
from demo.truth.minds import Feeling as Mood
from demo.truth.minds import would_answer
from demo.truth.visits import visits_of
from surveys.allocating import starves
from surveys.models import Program, ProgramVersion
from surveys.precision import answers_for
from surveys.services.rehearsing.running import drop_all, run_days
from surveys.services.rehearsing.shadow import Arm
from surveys.services.triggering.tables import execute, fetch
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.proofs.record import proof, say, scaled

SEEDS = range(101, 101 + scaled(20))  # 1 to 20 were seen in development
ARMS = ("first_come", "allocator")
T_975 = {20: 2.093}  # Student's t for 19 degrees of freedom
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
SIZE = replace(SMALL, days=60, customers=3_000, per_branch=36.0)
# place in the order of first-come (the frequent one goes first), and the margin wanted
ORDER = (("branch-visit", 10, 0.15), ("phone-call", 20, 0.20), ("mortgage-talk", 30, 0.30))
WAVE = ("wave", 40, 0.15)

# of the first contacts: answers of each program and unit
_ANSWERS = """
SELECT i.program_id, i.unit_id, count(r.id) FROM (
    SELECT * FROM {invitations} WHERE created_at >= %(first)s ORDER BY created_at, id LIMIT %(contacts)s
) i LEFT JOIN {responses} r ON r.invitation_id = i.id GROUP BY 1, 2
"""
_GOT = """
SELECT p.code, coalesce(sum(c.n) FILTER (WHERE c.reason = 'asked'), 0)::bigint,
       coalesce(sum(c.n) FILTER (WHERE c.reason = 'other_program'), 0)::bigint
FROM {counts} c JOIN surveys_program p ON p.id = c.program_id GROUP BY p.code
"""
_CONTACTS = "SELECT count(*) FROM {invitations} WHERE created_at >= %(first)s"


def main() -> None:
    with proof("allocator", seed=SEEDS[0], promises=["more_units", "nobody_starves"]) as figures:
        found = []
        for seed in SEEDS:
            found.append(compared(seed))
            say(f"seed {seed}: {found[-1]}")
        figures.update(
            seeds=len(found), pairs=sum(one["pairs"] for one in found),
            contacts=sum(one["contacts"] for one in found),
            all_contacts={arm: sum(one["all_contacts"][arm] for one in found) for arm in ARMS},
            reached=_compared(found, 0), within_a_point=_compared(found, 1), with_all=_compared(found, 2),
            within_a_point_with_all=_compared(found, 3),
            starved=[(seed, *one["starved"]) for seed, one in zip(SEEDS, found, strict=True) if one["starved"]],
        )  # fmt: skip
        figures["more_units"] = figures["reached"]["interval"][0] > 0
        figures["nobody_starves"] = not figures["starved"]


def _compared(found: list[dict[str, Any]], way: int) -> dict[str, Any]:
    """Shares of the pairs in per cent, and the mean difference of the seeds with its 95 % interval."""
    shares = {arm: [100 * one[arm][way] / one["pairs"] for one in found] for arm in ARMS}
    gains = [with_ - without for without, with_ in zip(*shares.values(), strict=True)]
    mean, half = statistics.fmean(gains), 0.0
    if len(gains) > 1:
        half = T_975.get(len(gains), 2.1) * statistics.stdev(gains) / sqrt(len(gains))
    means = {arm: round(statistics.fmean(each), 1) for arm, each in shares.items()}
    return {**means, "difference": round(mean, 1), "interval": [round(mean - half, 1), round(mean + half, 1)]}


def compared(seed: int) -> dict[str, Any]:
    """Pairs that reached their precision in each arm."""
    call_command("flush", interactive=False, verbosity=0)
    bank = build(seed, SIZE, until=date(2026, 7, 1))
    units = settle(bank)
    versions = programs(bank)
    arms = [Arm(name, versions, allocating=name == "allocator") for name in ARMS]
    run_days(arms, first=FIRST, last=LAST, now=datetime.combine(LAST, time.min, UTC), known=lambda: know(bank, units))
    first = {"first": datetime.combine(FIRST, time.min, UTC)}
    made = {arm.name: int(_fetch(_CONTACTS, arm, first)[0][0]) for arm in arms}
    fewest, starved = min(made.values()), _starved(arms[1])
    reached = {
        arm.name: [n for contacts in (fewest, made[arm.name]) for n in _reached(arm, {**first, "contacts": contacts})]
        for arm in arms
    }
    drop_all(arms)
    pairs = len(versions) * len(units)
    return {**reached, "pairs": pairs, "contacts": fewest, "all_contacts": made, "starved": starved}


def _starved(arm: Arm) -> list[str]:
    """Programs that got less than half as large a share of the persons that several wanted as the others did."""
    rows = fetch(_GOT.format(counts=arm.counts))
    got = {code: (asked, asked + lost) for code, asked, lost in rows}
    return [
        code
        for code, (own, wished) in got.items()
        if starves(own, wished, sum(g for g, _ in got.values()) - own, sum(w for _, w in got.values()) - wished)
    ]


def _fetch(statement: str, arm: Arm, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    return fetch(statement.format(invitations=arm.tables.invitations, responses=arm.tables.responses), values)


def _reached(arm: Arm, values: dict[str, Any]) -> list[int]:
    """Pairs that have the answers for the margin, and for one a point wider."""
    margins = {version.program.code: margin for version, (*_, margin) in zip(arm.versions, [*ORDER, WAVE], strict=True)}
    wanted = {version.program_id: margins[version.program.code] for version in arm.versions}
    rows = _fetch(_ANSWERS, arm, values)
    return [sum(n >= answers_for(wanted[program] + wider) for program, _, n in rows) for wider in (0.0, 0.01)]


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


def programs(bank: Bank) -> list[ProgramVersion]:
    """Ten days after any question; the wave comes round once in the month."""
    rules = {"period": "month", "quarantine_days": 10, "program_quarantine_days": 10, "seed": f"alder-{bank.seed}"}
    at_events = [
        ask.version(
            program=ask.program(code=code, name=code), priority=100 + place,
            interaction_kind=InteractionKind.objects.get(code=code), target=answers_for(margin),
            **rules,
        )
        for code, place, margin in ORDER
    ]  # fmt: skip
    wave = ask.program(code=WAVE[0], name=WAVE[0], kind=Program.Kind.RELATIONSHIP)
    return [
        *at_events,
        ask.version(program=wave, wave_months=1, target=answers_for(WAVE[2]), priority=100 + WAVE[1], **rules),
    ]


def know(bank: Bank, units: dict[str, OrgUnit]) -> None:
    """Who answers how often, by the truth: the mean of each branch's customers, for a score of 8."""
    mood = Mood(8, "general", 8.0, "")
    for code, unit in units.items():
        rates = [would_answer(bank.customer(number), mood) for number in bank.regulars(code)]
        execute(
            "UPDATE shadow_rate SET rate = %(rate)s WHERE unit_id = %(unit)s",
            {"rate": statistics.fmean(rates), "unit": unit.pk},
        )
