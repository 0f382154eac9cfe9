"""The simulated bank: the same from the same seed, and with the truth that it says it has."""

import random
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from demo import managers
from demo.bank import BRANCHES, build
from demo.minds import answer, feel
from demo.phrases import EN, FR, verbatim
from demo.visits import days_back, digest_of, visits_of

DAYS = days_back(date(2026, 11, 22), 20)


def rows(seed):
    bank = build(seed)
    visits = [visit for day in DAYS for visit in visits_of(bank, day)]
    plans = [managers.plan(bank, visit, opened_at=visit.occurred_at) for visit in visits]
    return [*bank.employees, *bank.customers, *visits, *(answer(bank, visit.occasion) for visit in visits), *plans]


def test_the_same_seed_gives_the_same_rows():
    assert digest_of(rows(3)) == digest_of(rows(3))


def test_another_seed_gives_others():
    assert digest_of(rows(3)) != digest_of(rows(4))


def test_a_visit_ends_in_the_same_answer_whatever_came_before():
    bank = build(3)
    visits = visits_of(bank, DAYS[0])
    forth = [feel(bank, visit.occasion) for visit in visits]
    assert [feel(bank, visit.occasion) for visit in reversed(visits)] == forth[::-1]


def test_the_company_has_the_size_it_says():
    bank = build(3)
    assert (len(bank.employees), len(bank.customers), len(BRANCHES)) == (40, 1500, 6)
    assert len({person.login for person in bank.employees}) == 40
    assert len({person.email for person in bank.customers}) == 1500


def test_the_branch_with_empty_posts_scores_lowest():
    bank = build(3)
    felt = {unit.code: [] for unit in BRANCHES}
    for visit in (visit for day in DAYS for visit in visits_of(bank, day)):
        felt[visit.unit].append(feel(bank, visit.occasion).score)
    means = {code: sum(scores) / len(scores) for code, scores in felt.items()}
    assert min(means, key=means.__getitem__) == "B-OLD"


def test_nobody_is_served_on_a_sunday():
    assert visits_of(build(3), date(2026, 11, 22)) == []


@pytest.mark.parametrize(("language", "book"), [("en", EN), ("fr", FR)])
def test_every_sentence_can_be_said(language, book):
    rng, slots = random.Random(1), {"wait": 12, "who": "Zoé", "product": "FlexiCard", "branch": "Bellecour"}
    for about, mood in book:
        score = {"bad": 2, "mixed": 7, "good": 10}[mood]
        said = {verbatim(language=language, about=about, score=score, rng=rng, **slots) for _ in range(200)}
        assert len(said) > 5
        assert not any("{" in text for text in said)


def test_managers_call_when_somebody_is_at_a_desk():
    saturday_night = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    assert managers.in_hours(saturday_night, ZoneInfo("Europe/Paris")).strftime("%a %H") == "Mon 08"  # UTC
