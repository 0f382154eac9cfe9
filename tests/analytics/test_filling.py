"""Answers into facts and rollups: analytics.services.filling and verifying."""

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import tasks
from analytics.models import AnswerFact, DirtyCell, FillState, UnitDayScores, UnitMonthScores
from analytics.services.filling import fill, rebuild
from analytics.services.verifying import mismatches
from analytics.stats import ROLLUPS
from surveys.models import Response
from tests.factories import analytics as make
from tests.factories import crm as make_crm
from tests.world import NOW

DAY = date(2026, 11, 10)
ROLLUPS_PAGE = Path(__file__).parents[2] / "docs" / "rollups.md"
CELL_KEYS = [f.name for f in UnitDayScores._meta.fields if f.name != "id"]
MONTH_KEYS = [f.name for f in UnitMonthScores._meta.fields if f.name != "id"]


def cells():
    days, months = UnitDayScores.objects.values_list(*CELL_KEYS), UnitMonthScores.objects.values_list(*MONTH_KEYS)
    return sorted(days), sorted(months)


def facts():
    return sorted(AnswerFact.objects.values_list(), key=lambda row: row[0])


def revise(response, **fields):
    Response.objects.filter(pk=response.pk).update(folded_at=None, **fields)


def test_an_answer_becomes_a_fact_and_a_cell(world):
    (answer,) = make.answers(unit=world.harbour, scores=[9], on=DAY)
    assert fill(at=NOW) == 1
    cell = UnitDayScores.objects.get()
    assert (cell.unit, cell.day, cell.s9, cell.s8, cell.loaded) == (world.harbour, DAY, 1, 0, 1)
    assert AnswerFact.objects.get().response == answer


def test_a_filled_answer_is_marked_and_taken_once(world):
    make.answers(unit=world.harbour, scores=[9, 3], on=DAY)
    fill(at=NOW)
    assert Response.objects.filter(folded_at=NOW).count() == 2
    assert fill(at=NOW) == 0
    assert FillState.objects.get(rollup="unit_day_scores").answers == 2


def test_the_day_is_that_of_the_units_zone(world):
    tokyo = make_crm.unit(name="Tokyo", zone="Asia/Tokyo", calendar=world.calendar)
    late = datetime(2026, 11, 10, 20, 0, tzinfo=UTC)
    make.answers(unit=tokyo, scores=[9], on=DAY, answered_at=late)
    fill(at=NOW)
    assert UnitDayScores.objects.get().day == date(2026, 11, 11)


@pytest.mark.parametrize("fields", [{"scale_min": 1}, {"scale_max": 5, "score": 5}, {"score": None}])
def test_other_scales_and_answers_without_a_score_are_no_facts(world, fields):
    make.answers(unit=world.harbour, scores=[5], on=DAY, **{"category": "", **fields})
    assert fill(at=NOW) == 1
    assert not AnswerFact.objects.exists()
    assert not UnitDayScores.objects.exists()


def test_a_changed_score_moves_within_its_cell(world):
    (answer,) = make.answers(unit=world.harbour, scores=[9], on=DAY)
    fill(at=NOW)
    revise(answer, score=2, category="detractor")
    fill(at=NOW)
    cell = UnitDayScores.objects.get()
    assert (cell.s9, cell.s2) == (0, 1)


def test_an_answer_moved_to_another_unit_leaves_no_cell_behind(world):
    (answer,) = make.answers(unit=world.harbour, scores=[9], on=DAY)
    fill(at=NOW)
    revise(answer, unit=world.mill)
    fill(at=NOW)
    assert UnitDayScores.objects.get().unit == world.mill


def test_an_answer_that_no_longer_counts_takes_its_cell_away(world):
    (answer,) = make.answers(unit=world.harbour, scores=[9], on=DAY)
    fill(at=NOW)
    revise(answer, score=None, category="")
    fill(at=NOW)
    assert not AnswerFact.objects.exists()
    assert not UnitDayScores.objects.exists()


def test_a_month_is_the_sum_of_its_days(world):
    for day, scores in ((DAY, [9, 9]), (DAY + timedelta(days=3), [9, 4]), (DAY + timedelta(days=30), [10])):
        make.answers(unit=world.harbour, scores=scores, on=day)
    fill(at=NOW)
    months = UnitMonthScores.objects.order_by("month").values_list("unit", "month", "s4", "s9", "s10", "loaded")
    assert list(months) == [
        (world.harbour.pk, date(2026, 11, 1), 1, 3, 0, 4),
        (world.harbour.pk, date(2026, 12, 1), 0, 0, 1, 1),
    ]


def test_an_answer_that_is_redated_leaves_its_month(world):
    (answer,) = make.answers(unit=world.harbour, scores=[9], on=DAY)
    fill(at=NOW)
    revise(answer, answered_at=answer.answered_at - timedelta(days=31))
    fill(at=NOW)
    assert list(UnitMonthScores.objects.values_list("month", "s9")) == [(date(2026, 10, 1), 1)]


def test_an_answer_that_is_deleted_leaves_a_mark_and_its_cells_go(world):
    kept, answer = make.answers(unit=world.harbour, scores=[9, 2], on=DAY)
    fill(at=NOW)
    answer.delete()
    assert [(mark.unit, mark.day) for mark in DirtyCell.objects.all()] == [(world.harbour, DAY)]
    fill(at=NOW)
    assert AnswerFact.objects.get().response == kept
    assert list(UnitDayScores.objects.values_list("s2", "s9")) == [(0, 1)]
    assert list(UnitMonthScores.objects.values_list("s2", "s9")) == [(0, 1)]


def test_a_false_month_is_found(world):
    make.answers(unit=world.harbour, scores=[9, 10], on=DAY)
    fill(at=NOW)
    UnitMonthScores.objects.update(s10=4)
    (found,) = mismatches()
    assert str(found).startswith(f"unit {world.harbour.pk}, 2026-11, ")
    assert (found.score, found.from_rows, found.from_rollup) == (10, 1, 4)


@pytest.mark.parametrize("comment", ["", "Kind people."])
def test_a_fact_knows_whether_there_are_words(world, comment):
    (answer,) = make.answers(unit=world.harbour, scores=[9], on=DAY)
    fill(at=NOW)
    revise(answer, comment=comment)
    fill(at=NOW)
    assert AnswerFact.objects.get().commented == bool(comment)


def test_a_mark_set_by_hand_is_recounted_without_new_answers(world):
    make.answers(unit=world.harbour, scores=[9], on=DAY)
    fill(at=NOW)
    UnitDayScores.objects.update(s9=7)
    DirtyCell.objects.create(rollup="unit_day_scores", unit=world.harbour, day=DAY)
    assert fill(at=NOW) == 0
    assert UnitDayScores.objects.get().s9 == 1
    assert not DirtyCell.objects.exists()


def test_a_fill_that_fails_leaves_nothing_half_done(world):
    make.answers(unit=world.harbour, scores=[9], on=DAY)
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        fill(at=NOW)
        raise ZeroDivisionError
    assert Response.objects.filter(folded_at=None).count() == 1
    assert not AnswerFact.objects.exists()
    assert not UnitDayScores.objects.exists()


def test_a_batch_takes_no_more_than_its_limit(world):
    make.answers(unit=world.harbour, scores=[1] * 5, on=DAY)
    assert [fill(at=NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert UnitDayScores.objects.get().s1 == 5


def test_the_task_takes_all_that_waits(world):
    make.answers(unit=world.harbour, scores=[1, 2, 3], on=DAY)
    tasks.fold()
    assert AnswerFact.objects.count() == 3


def test_nothing_waiting_costs_five_queries(world, django_assert_num_queries):
    with django_assert_num_queries(5):
        assert fill(at=NOW) == 0


@pytest.mark.parametrize("number", [10, 200])
def test_a_fill_runs_the_same_number_of_statements_for_any_number_of_answers(world, django_assert_num_queries, number):
    make.answers(unit=world.harbour, scores=[1] * number, on=DAY)
    with django_assert_num_queries(27):
        assert fill(at=NOW) == number


STEP = st.tuples(
    st.sampled_from(["add", "revise", "move", "redate", "withdraw", "delete", "fill"]), st.integers(0, 10**6)
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=30))
def test_whatever_happened_the_rollup_equals_one_rebuilt_from_rows(world, steps):
    with transaction.atomic():
        for verb, seed in steps:
            happen(world, verb, random.Random(seed))
        fill(at=NOW)
        before = facts(), cells()
        rebuild(at=NOW)
        assert (facts(), cells()) == before
        assert mismatches() == []
        transaction.set_rollback(True)


def happen(world, verb, rng):
    """One random event in the life of the answers."""
    rows = list(Response.objects.order_by("pk"))
    units = [world.harbour, world.mill, world.station]
    if verb == "fill":
        fill(at=NOW, limit=rng.choice([1, 3, 100]))
    elif verb == "add" or not rows:
        make.answers(unit=rng.choice(units), scores=[rng.randint(0, 10)], on=DAY - timedelta(days=rng.randint(0, 2)))
    elif verb == "revise":
        revise(rng.choice(rows), score=rng.randint(0, 10))
    elif verb == "move":
        revise(rng.choice(rows), unit=rng.choice(units), channel=rng.choice(["email", "link"]))
    elif verb == "redate":
        revise(rng.choice(rows), answered_at=NOW - timedelta(days=rng.choice([0, 1, 2, 3, 40])))
    elif verb == "delete":
        rng.choice(rows).delete()
    else:
        revise(rng.choice(rows), score=None, category="")


def write(unit, seed):
    rng = random.Random(seed)
    for _ in range(40):
        (row,) = make.answers(unit=unit, scores=[rng.randint(0, 10)], on=DAY)
        if rng.random() < 0.5:
            revise(row, score=rng.randint(0, 10))
    connections.close_all()


def keep_filling(times):
    for _ in range(times):
        fill(at=NOW, limit=7)
    connections.close_all()


def build():
    rebuild(at=NOW)
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_fills_beside_writers_and_a_rebuild_end_where_a_rebuild_ends():
    """Two writers (seeds 7 and 8), two fillers and a rebuild share one cell."""
    unit, work = make_crm.unit(), make.program()
    with ThreadPoolExecutor(5) as pool:
        jobs = [(write, unit, 7), (write, unit, 8), (keep_filling, 25), (keep_filling, 25), (build,)]
        for job in [pool.submit(*job) for job in jobs]:
            job.result(timeout=60)
    tasks.fold()
    assert AnswerFact.objects.filter(program=work).count() == 80
    before = facts(), cells()
    rebuild(at=NOW)
    assert (facts(), cells()) == before


def test_a_true_rollup_is_verified(world):
    make.answers(unit=world.harbour, scores=[9, 10, 3, 7], on=DAY)
    fill(at=NOW)
    out = StringIO()
    call_command("verify_score", stdout=out)
    assert "4 answers: 1 detractors, 1 passives, 2 promoters; score +25.00" in out.getvalue()
    assert "The rollups agree with the rows." in out.getvalue()


def test_a_false_rollup_is_found_and_ends_with_status_1(world):
    make.answers(unit=world.harbour, scores=[9, 10], on=DAY)
    fill(at=NOW)
    UnitDayScores.objects.update(s9=5)
    err = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("verify_score", stdout=StringIO(), stderr=err)
    assert end.value.code == 1
    assert "1 from rows, 5 in the rollup" in err.getvalue()


def test_answers_still_waiting_are_no_difference(world):
    make.answers(unit=world.harbour, scores=[9], on=DAY)
    assert mismatches() == []


def test_refilling_mends_a_false_rollup(world):
    make.answers(unit=world.harbour, scores=[9, 10], on=DAY)
    fill(at=NOW)
    UnitDayScores.objects.update(s9=5)
    call_command("refill_rollups", stdout=StringIO())
    assert mismatches() == []
    assert UnitDayScores.objects.get().s9 == 1


@pytest.mark.parametrize("rollup", ROLLUPS, ids=lambda rollup: rollup.name)
def test_every_declared_rollup_is_documented(rollup):
    (row,) = [line for line in ROLLUPS_PAGE.read_text().splitlines() if line.startswith(f"| `{rollup.name}`")]
    assert rollup.target.__name__ in row
    assert rollup.source.__name__ in row
    assert all(key in row for key in rollup.keys)
