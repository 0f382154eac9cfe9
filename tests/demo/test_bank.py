"""The simulated bank: the same from the same seed, whatever its size and the order of asking."""

import json
import random
from dataclasses import asdict
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from demo import managers
from demo.company.bank import build
from demo.company.sizes import SIZES, SMALL
from demo.living import bank_of as bank_of_notes
from demo.truth.minds import answer, feel
from demo.truth.visits import digest_of, visit_named, visits_of
from demo.words.complaints import COMPLAINTS
from demo.words.phrases import EN, FR, verbatim
from tests.demo.conftest import DAY, EVERYTHING

DAYS = [date(2026, 11, day) for day in range(2, 22)]


def bank_of(seed=3, size=SMALL):
    return build(seed, size, until=DAY)


def happened(bank, days=DAYS):
    return [visit for day in days for unit in bank.branches for visit in visits_of(bank, unit, day)]


def rows(seed, size=SMALL):
    bank = bank_of(seed, size)
    visits = happened(bank)
    plans = [managers.plan(bank, visit, opened_at=visit.occurred_at) for visit in visits]
    people = [bank.customer(number) for number in range(1, size.customers + 1)]
    return [*bank.units, *bank.employees, *bank.changes, *people, *visits, *(answer(bank, v) for v in visits), *plans]


@pytest.mark.parametrize("size", [SMALL, EVERYTHING], ids=["small", "everything"])
def test_the_same_seed_gives_the_same_rows(size):
    assert digest_of(rows(3, size)) == digest_of(rows(3, size))


def test_another_seed_gives_others():
    assert digest_of(rows(3)) != digest_of(rows(4))


def test_a_visit_ends_in_the_same_answer_whatever_came_before():
    bank = bank_of()
    visits = happened(bank, DAYS[:1])
    forth = [feel(bank, visit) for visit in visits]
    assert [feel(bank, visit) for visit in reversed(visits)] == forth[::-1]


def test_a_visit_can_be_drawn_again_from_its_id():
    bank = bank_of()
    visits = happened(bank, DAYS[:2])
    assert [visit_named(bank, visit.code) for visit in visits] == visits


@pytest.mark.parametrize(
    ("name", "employees", "customers", "branches", "regions", "days"),
    [("small", 40, 1500, 6, 2, 60), ("medium", 500, 50_000, 40, 4, 365), ("large", 5000, 1_000_000, 400, 4, 730)],
)
def test_the_company_has_the_size_it_says(name, employees, customers, branches, regions, days):
    bank = bank_of(size=SIZES[name])
    assert (len(bank.employees), len(bank.branches), bank.size.days) == (employees, branches, days)
    assert len([unit for unit in bank.units if unit.kind == "region"]) == regions
    assert len({person.login for person in bank.employees}) == employees
    assert len({person.email for person in bank.employees}) == employees
    assert len({unit.name for unit in bank.units}) == branches + regions + 1
    assert sum(len(home) for home in bank._home.values()) == customers


@pytest.mark.parametrize("name", list(SIZES))
def test_the_cast_is_the_same_in_every_size(name):
    logins = [(one.login, one.role, one.unit) for one in bank_of(2026, SIZES[name]).employees[:13]]
    assert logins[0] == ("olivia", "office", "HQ")
    assert ("rosa", "region", "R-UK") in logins
    assert ("helen", "branch", "B-HAR") in logins


def test_customers_belong_to_the_branch_in_whose_range_they_are():
    bank = bank_of()
    assert all(bank.customer(n).unit == unit.code for unit in bank.branches for n in bank.regulars(unit.code))
    assert len({bank.customer(number).email for number in range(1, 1501)}) == 1500


def test_silent_customers_do_not_come_in_during_the_history():
    bank = bank_of()
    silent = {bank.silent(turn).code for turn in range(150)}
    assert len(silent) > 140
    assert not silent & {visit.customer for visit in happened(bank)}


def test_the_living_part_has_the_same_bank_from_its_notes():
    known = json.loads(json.dumps({"seed": 3, "size": asdict(EVERYTHING), "until": str(DAY)}))
    assert bank_of_notes(known) == bank_of(3, EVERYTHING)
    assert bank_of_notes(known).silent(7) == bank_of(3, EVERYTHING).silent(7)


def test_nobody_is_served_on_a_sunday():
    bank = bank_of()
    assert list(visits_of(bank, bank.branches[0], date(2026, 11, 22))) == []


@pytest.mark.parametrize(("language", "book"), [("en", EN), ("fr", FR)])
def test_every_sentence_can_be_said(language, book):
    rng, slots = random.Random(1), {"wait": 12, "who": "Zoé", "product": "FlexiCard", "branch": "Bellecour"}
    planted = {(f"product:{code}", "bad"): parts for code, parts in COMPLAINTS[language].items()}
    for about, mood in book | planted:
        score = {"bad": 2, "mixed": 7, "good": 10}[mood]
        said = {verbatim(language=language, about=about, score=score, rng=rng, **slots) for _ in range(200)}
        assert len(said) > 5
        assert not any("{" in text for text in said)


def test_managers_call_when_somebody_is_at_a_desk():
    saturday_night = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    assert managers.in_hours(saturday_night, ZoneInfo("Europe/Paris")).strftime("%a %H") == "Mon 08"  # UTC
