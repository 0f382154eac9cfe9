"""What a staged roll-out did to the score: exact figures, and which units are held against which."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.maths.nps import Counts
from analytics.maths.rollouts import Turn, stage_effect
from analytics.models import UnitDayScores
from analytics.services.rollouts import read_rollout
from closedloop.models import Initiative, RolloutStage, StageUnit
from tests.factories import analytics as say
from tests.world import NOW

TODAY = NOW.date()
BEGUN = TODAY - timedelta(days=40)
HERE = Turn(Counts(40, 30, 30), Counts(20, 30, 50))
OTHERS = Turn(Counts(35, 30, 35), Counts(34, 30, 36))


def test_the_effect_is_the_change_here_less_the_change_of_the_others():
    found = stage_effect(HERE, OTHERS)  # adjusted scores 29.126, -9.709; 1.942, 0
    assert (found.points, found.error) == pytest.approx((36.893204, 16.136741), abs=1e-6)
    assert found.interval == pytest.approx((5.265773, 68.520635), abs=1e-6)
    assert (found.p, found.verdict) == (pytest.approx(0.0222375, abs=1e-7), "higher")


@pytest.mark.parametrize(
    ("here", "others", "verdict"),
    [
        (OTHERS, HERE, "lower"),
        (OTHERS, OTHERS, "not detectable"),
        (Turn(HERE.before, HERE.before), Turn(OTHERS.after, OTHERS.before), "not detectable"),
    ],
)
def test_what_is_said_of_an_effect(here, others, verdict):
    assert stage_effect(here, others).verdict == verdict


def test_under_ten_answers_in_a_group_nothing_is_said():
    assert stage_effect(Turn(Counts(3, 3, 3), HERE.after), OTHERS) is None
    assert stage_effect(Turn(Counts(4, 3, 3), HERE.after), OTHERS) is not None


# --- from the rollup -------------------------------------------------------------------------------------------------


def scores(unit, day, **scored):
    said = {"unit": unit, "day": day, "program": say.program(), "channel": "email", **scored}
    UnitDayScores.objects.create(**said)


@pytest.fixture
def begun(world) -> Initiative:
    """Harbour began 40 days ago, Station five days ago; Mill is in no stage."""
    found = Initiative.objects.create(title="Two", statement="x", unit=world.head_office, started_at=NOW)
    for number, day, unit in ((1, BEGUN, world.harbour), (2, TODAY - timedelta(days=5), world.south)):
        stage = RolloutStage.objects.create(initiative=found, number=number, day=day, planned_at=NOW)
        StageUnit.objects.create(stage=stage, initiative=found, unit=unit)
    return found


def test_a_stage_is_held_against_units_that_had_not_begun(world, begun, django_assert_num_queries):
    soon, before = BEGUN + timedelta(days=3), BEGUN - timedelta(days=1)
    scores(world.harbour, before, s2=40, s7=30, s9=30)
    scores(world.harbour, BEGUN, s0=20, s8=30, s10=50)
    scores(world.harbour, TODAY, s10=99)  # not over
    scores(world.harbour, BEGUN - timedelta(days=91), s10=99)  # too long ago
    scores(world.mill, before, s6=35, s7=30, s9=35)
    scores(world.mill, soon, s5=34, s7=30, s9=36)
    scores(world.station, soon, s10=99)  # began itself before these days were over
    with django_assert_num_queries(2):
        first, second = read_rollout(begun, principal=world.olivia.user, at=NOW)
    assert (first.number, first.day, first.until, first.here, first.others) == (1, BEGUN, TODAY, HERE, OTHERS)
    assert first.told == "+36.9 points (+5.3 to +68.5): higher"
    assert (second.number, second.here.before, second.effect) == (2, Counts(0, 0, 99), None)


def test_who_may_not_see_the_scores_of_the_unit_sees_no_effect(world, begun):
    assert read_rollout(begun, principal=world.helen.user, at=NOW) is None
