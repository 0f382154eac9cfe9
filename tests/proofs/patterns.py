"""Issue 8, parts 3 and must-show: the planted complaints are found within a week, and quiet weeks stay quiet.

The medium bank of the demo (40 branches in four regions) lives through the days before its new card comes out and the
weeks in which each of the three planted complaints about it is first heard; nothing but counts is kept of it, by the
demo's truth (`demo/truth/`): who comes, what they feel, who answers, what they speak of. Every morning the house's own
look is taken, as the worker would.

`power`: in how many banks (a seed each) a rise of that topic, or of that product, is told for the whole company within
seven mornings of the first day on which it is heard. `quiet`: weeks before the card, in which nothing is planted to
rise; no more than one in twenty may raise any rise at all. `alike`: years of a made-up company whose branches differ by
chance alone (log-normal, sd 0.3), in which nothing rises and no branch is other than its peers; no more than one week
in twenty may raise anything. In the end one bank goes through the database: answers with their words, the analysts'
rules, the rollups, the look.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any

from analytics.maths.patterns import WEEKS, Cells, Found, Subject, Weeks, look
from analytics.models import Pattern
from analytics.services.filling import fill
from analytics.services.patterns.looking import look_for_patterns
from analytics.services.patterns.reading import Told
from crm.models import Hierarchy, OrgUnit
from demo.company.bank import Bank, build
from demo.company.sizes import SIZES
from demo.topics import TOPICS
from demo.truth.complaints import COMPLAINTS, NEW_PRODUCT, launched, since
from demo.truth.minds import answer, feel
from demo.truth.visits import Visit, visits_of
from surveys.models import Program, Response, Topic
from surveys.scoring import category
from surveys.services.classifying.coding import code
from surveys.services.classifying.editing import set_rule
from surveys.services.classifying.reading import read_answers
from tests.factories import crm as make
from tests.proofs.record import proof, say, scaled

SEED, BANKS, YEARS = 20261123, 20, 6
UNTIL = date(2026, 11, 23)
SIZE = SIZES["medium"]
WINDOW = 7 * WEEKS
TELLS = 0.9  # of the banks in which the strongest complaint must be found within a week
NOMINAL = 0.05  # of quiet weeks
COMPANY = 0
ABOUT = {"wait": 1, "people": 2, "unresolved": 3, "general": 4, "product": 5}
PLANTED = {"fee": 11, "abroad": 12, "pin": 13}
SPREAD = 0.3
RATES = (0.02, 0.01, 0.03, 0.005, 0.04, 0.015, 0.002, 0.025, 0.01, 0.02, 0.005, 0.03)  # complaints an answer, by topic


@dataclass
class Days:
    """What was counted, by day from the first: answers by product and branch, complaints by subject and branch."""

    length: int
    answers: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    complaints: dict[tuple[Subject, int], list[int]] = field(default_factory=dict)

    def count(self, kind: dict[Any, list[int]], key: Any, day: int, number: int = 1) -> None:
        kind.setdefault(key, [0] * self.length)[day] += number

    def summed(self) -> Sums:
        return Sums({key: _sums(row) for key, row in self.answers.items()},
                    {key: _sums(row) for key, row in self.complaints.items()})  # fmt: skip


def _sums(row: list[int]) -> list[int]:
    return [0, *accumulate(row)]


@dataclass
class Sums:
    answers: Mapping[tuple[str, int], list[int]]
    complaints: Mapping[tuple[Subject, int], list[int]]

    def cells(self, upto: int) -> Cells:
        """As the house's statement has them, for the nine weeks that end with that day."""
        found: dict[Subject, dict[int, Weeks]] = defaultdict(dict)
        products: dict[str, list[int]] = defaultdict(list)
        for product, unit in self.answers:
            products[product].append(unit)
        heard = {subject for (subject, _), row in self.complaints.items() if row[upto + 1] > row[upto + 1 - WINDOW]}
        for subject in heard:
            for unit in products[subject.product]:
                asked = _by_week(self.answers[subject.product, unit], upto)
                if any(asked):
                    low = self.complaints.get((subject, unit))
                    found[subject][unit] = Weeks(_by_week(low, upto) if low else (0,) * WEEKS, asked)
        return found


def _by_week(sums: list[int], upto: int) -> tuple[int, ...]:
    return tuple(sums[upto + 1 - 7 * week] - sums[upto - 6 - 7 * week] for week in range(WEEKS))


def main() -> None:
    promises = ["power_held", "quiet_held", "alike_held", "through_the_database"]
    with proof("patterns", seed=SEED, promises=promises) as figures:
        figures.update(_banks(scaled(BANKS)))
        figures.update(_alike(scaled(YEARS)))
        figures.update(_through_the_database(_bank(0)))


def _bank(number: int) -> Bank:
    return build(SEED + number, SIZE, until=UNTIL)


# --- many banks, by the demo's truth ---------------------------------------------------------------------------------


def _banks(number: int) -> dict[str, Any]:
    mornings: dict[str, list[int | None]] = defaultdict(list)
    weeks, loud = 0, 0
    for place in range(number):
        bank = _bank(place)
        sums, areas = _lived(bank).summed(), _areas(bank)
        for complaint in COMPLAINTS:
            first = (since(bank, complaint) - bank.begins).days
            mornings[complaint.code].append(_morning(sums, areas, first, PLANTED[complaint.code]))
            if complaint.code == "fee":  # what is told of the product as a whole names no complaint: it stands apart
                mornings["of the product as a whole"].append(_morning(sums, areas, first, None))
        for start in range(WINDOW - 1, (launched(bank) - bank.begins).days - 7, 7):
            weeks += 1
            looks = (look(sums.cells(day), areas) for day in range(start, start + 7))
            loud += any(each.kind == "rising" for found in looks for each in found)
        last = {code: known[-1] for code, known in mornings.items()}
        say(f"bank {place + 1}: {last}, loud {loud} of {weeks} weeks")
    found = {code: [day for day in known if day] for code, known in mornings.items()}
    return {
        "banks": number,
        "power": {code: round(len(days) / number, 3) for code, days in found.items()},
        "median_morning": {code: sorted(days)[len(days) // 2] for code, days in found.items() if days},
        "power_held": len(found["fee"]) >= TELLS * number,
        "quiet_weeks": weeks, "quiet_loud": loud, "quiet_held": loud <= NOMINAL * weeks,
    }  # fmt: skip


def _morning(sums: Sums, areas: Mapping[int, tuple[int, ...]], first: int, topic: int | None) -> int | None:
    """On which morning after the first day this topic of the new product (None: any of its complaints) is told for the
    whole company, one to seven; None: on none."""
    for day in range(7):
        if any(_is_it(found, topic) for found in look(sums.cells(first + day), areas)):
            return day + 1
    return None


def _is_it(found: Found, topic: int | None) -> bool:
    about = found.subject.topic == topic and found.subject.product in ("", NEW_PRODUCT)
    return found.kind == "rising" and found.area == COMPANY and about


def _areas(bank: Bank) -> dict[int, tuple[int, ...]]:
    numbers = {unit.code: place for place, unit in enumerate(bank.units)}
    areas: dict[int, list[int]] = defaultdict(list)
    for unit in bank.branches:
        areas[COMPANY].append(numbers[unit.code])
        areas[numbers[unit.parent or ""]].append(numbers[unit.code])
    return {area: tuple(units) for area, units in areas.items()}


def _lived(bank: Bank) -> Days:
    """The history up to a week after the last complaint is first heard."""
    last = max(since(bank, complaint) for complaint in COMPLAINTS)
    days = Days((last - bank.begins).days + 7)
    numbers = {unit.code: place for place, unit in enumerate(bank.units)}
    for day in range(days.length):
        for visit in _asked(bank, bank.begins + timedelta(days=day)):
            _count(days, bank, visit, numbers[visit.unit], day)
    return days


def _asked(bank: Bank, day: date) -> Iterator[Visit]:
    """Visits of the day that are drawn, at the programs' rate."""
    for unit in bank.branches:
        for visit in visits_of(bank, unit, day):
            if random.Random(f"{bank.seed}:asked:{visit.code}").random() < float(bank.size.rate):
                yield visit


def _count(days: Days, bank: Bank, visit: Visit, unit: int, day: int) -> None:
    said = answer(bank, visit)
    if said is None:
        return
    for product in ("", visit.product):
        days.count(days.answers, (product, unit), day)
    if said.score > 6:
        return
    days.count(days.complaints, (Subject(None, visit.product), unit), day)
    if said.comment:
        feeling = feel(bank, visit)
        planted = PLANTED.get(feeling.complaint) if feeling.about == "product" else None
        topic = planted or ABOUT[feeling.about]
        for product in ("", visit.product):
            days.count(days.complaints, (Subject(topic, product), unit), day)


# --- years in which nothing happens ----------------------------------------------------------------------------------


def _alike(years: int) -> dict[str, Any]:
    rng = random.Random(SEED)
    units = tuple(range(1, 41))
    areas = {COMPANY: units, **{100 + part: units[10 * part : 10 * part + 10] for part in range(4)}}
    weeks, loud, kinds = 0, 0, {"rising": 0, "unlike": 0}
    for year in range(years):
        sums = _quiet_year(rng, units).summed()
        for start in range(WINDOW - 1, 365 - 7, 7):
            told = {each.kind for day in range(start, start + 7) for each in look(sums.cells(day), areas)}
            weeks, loud = weeks + 1, loud + bool(told)
            for kind in told:
                kinds[kind] += 1
        say(f"year {year + 1}: {loud} of {weeks} weeks")
    return {"alike_weeks": weeks, "alike_loud": loud, "alike_kinds": kinds, "alike_held": loud <= NOMINAL * weeks}


def _quiet_year(rng: random.Random, units: tuple[int, ...]) -> Days:
    days = Days(365)
    for unit in units:
        own = [rate * math.exp(rng.gauss(-(SPREAD**2) / 2, SPREAD)) for rate in RATES]
        for day in range(365):
            asked = rng.randrange(1, 5) if day % 7 else 0
            days.count(days.answers, ("", unit), day, asked)
            for topic, rate in enumerate(own):
                if rng.random() < asked * rate:  # two on a day are as good as never
                    days.count(days.complaints, (Subject(topic, ""), unit), day)
    return days


# --- one bank through the database -----------------------------------------------------------------------------------


def _through_the_database(bank: Bank) -> dict[str, Any]:
    """Found within a week, with the words of the analysts' own rules; told once."""
    first = launched(bank)
    at = datetime.combine(first, datetime.min.time(), UTC)
    _analysts(at)
    answers = _answers(bank, _found_company(bank), first - timedelta(days=WINDOW), first + timedelta(days=6))
    while code(at=at) or read_answers(at=at) or fill(at=at):
        pass
    told: list[tuple[int, str]] = []
    for morning in range(1, 8):
        found = look_for_patterns(at=at + timedelta(days=morning, hours=5))
        told.extend((morning, f"{pattern.area.name}: {Told(pattern).words}") for pattern in found)
    fee = Pattern.objects.filter(kind="rising", topic__code="card-fee", area__kind=OrgUnit.Kind.HEAD_OFFICE)
    twice = len(told) - len({words.split(":")[0] + words.split(" rose ")[0] for _, words in told})
    return {"database_answers": answers, "told": told, "through_the_database": fee.count() == 1 and twice == 0}


def _found_company(bank: Bank) -> dict[str, OrgUnit]:
    hierarchy = Hierarchy.objects.create(code="line", name="Line of management", is_primary=True)
    calendar = make.calendar()
    units = {
        unit.code: make.unit(name=unit.name, kind=unit.kind, zone=unit.zone, external_id=unit.code, calendar=calendar)
        for unit in bank.units
    }
    parents = {units[unit.code]: units.get(unit.parent or "") for unit in bank.units}
    make.placements(hierarchy, parents, since=date(2020, 1, 1))
    return units


def _analysts(at: datetime) -> None:
    for name, (title, description, rules) in TOPICS.items():
        topic = Topic.objects.create(code=name, name=title, description=description)
        for language, expression in rules.items():
            set_rule(topic=topic, language=language, expression=expression, by=None, at=at)


def _answers(bank: Bank, units: Mapping[str, OrgUnit], start: date, end: date) -> int:
    program = Program.objects.create(code="visits", name="Branch visits")
    rows = []
    for day in range((end - start).days + 1):
        for visit in _asked(bank, start + timedelta(days=day)):
            if (said := answer(bank, visit)) is not None:
                person = bank.customer_named(visit.customer)
                rows.append(
                    Response(
                        source="sim", external_id=visit.code, program=program, unit=units[visit.unit], channel="email",
                        product=visit.product, score=said.score, category=category(said.score) or "",
                        comment=said.comment, language=person.language if person else "en",
                        answered_at=visit.occurred_at, updated_at=visit.occurred_at,
                    )
                )  # fmt: skip
    Response.objects.bulk_create(rows, batch_size=1_000)
    return len(rows)


if __name__ == "__main__":
    main()
