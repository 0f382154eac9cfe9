"""Goals: shared out by room to improve so that they add up, judged by the interval, set in the console."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from analytics.maths.goals import CannotShareOut, Standing, share_out, standing
from analytics.maths.intervals import Interval
from analytics.maths.nps import Counts
from analytics.models import Goal
from analytics.services.filling import fill
from analytics.services.goals.reading import goals_of, read_goals
from analytics.services.goals.sharing_out import cascade, plan_of
from closedloop.models import ContactAttempt
from common.models import Event
from tests.factories import distribution as tell
from tests.world import NOW

# shares .5, .3, .2 of the answers; scores 40, 20, 60
PARTS = {1: Counts(100, 100, 300), 2: Counts(90, 60, 150), 3: Counts(30, 20, 150)}
WHOLE = Counts(220, 180, 600)
FIRST, LAST = date(2026, 11, 1), date(2026, 12, 31)
BEFORE = datetime(2026, 9, 15, 12, tzinfo=UTC)
DURING = datetime(2026, 11, 20, 12, tzinfo=UTC)


# --- arithmetic ------------------------------------------------------------------------------------------------------


def test_a_goal_is_shared_out_by_room_to_improve_and_rounded_so_that_it_is_met():
    """The vector: 38.0 now, 42 wanted; 43.87, 25.16 and 62.58 become 44, 25 and 63, which make 42.1."""
    found = share_out(WHOLE, PARTS, 42)
    assert {key: share.target for key, share in found.shares.items()} == {1: 44, 2: 25, 3: 63}
    assert (found.now, round(found.reached, 6)) == (38.0, 42.1)


def test_what_was_rounded_down_is_rounded_up_where_the_goal_would_be_missed():
    """23.4 each: 23 and 23 would miss it, 24 and 23 do not."""
    found = share_out(Counts(80, 40, 120), {1: Counts(40, 20, 60), 2: Counts(40, 20, 60)}, 23.4)
    assert [share.target for share in found.shares.values()] == [24, 23]
    assert found.reached == pytest.approx(23.5)


def test_a_part_with_few_answers_is_counted_on_to_stay_and_asked_for_nothing():
    found = share_out(Counts(45, 10, 54), {1: Counts(40, 10, 50), 2: Counts(5, 0, 4)}, 20)
    assert set(found.shares) == {1}
    assert found.reached >= 20


def test_a_rise_that_so_many_answers_cannot_show_is_said():
    """500 answers show 14.1 points at the least, which 4 are not and 41 are."""
    near, far = share_out(WHOLE, PARTS, 42), share_out(WHOLE, PARTS, 80)
    assert round(near.shares[1].least, 1) == 14.1
    assert [share.can_be_told for share in near.shares.values()] == [False, False, False]
    assert [share.can_be_told for share in far.shares.values()] == [True, True, True]


@pytest.mark.parametrize(("whole", "target", "why"), [
    (Counts(3, 3, 3), 50, "too few"), (WHOLE, 38, "already"), (WHOLE, 100.5, "could not be reached"),
])  # fmt: skip
def test_what_cannot_be_shared_out_is_refused_with_the_reason(whole, target, why):
    with pytest.raises(CannotShareOut, match=why):
        share_out(whole, PARTS, target)


@pytest.mark.parametrize(("interval", "found"), [
    (Interval(36.0, 44.0), Standing.COURSE), (Interval(20.0, 35.9), Standing.BEHIND),
    (Interval(30.0, 36.0), Standing.UNKNOWN), (Interval(35.9, 40.0), Standing.UNKNOWN), (None, Standing.UNKNOWN),
])  # fmt: skip
def test_a_goal_is_reached_or_missed_by_the_whole_interval(interval, found):
    assert standing(interval, 36.0) is found


# --- rows ------------------------------------------------------------------------------------------------------------


def aim(unit, target=36, measure="score", first=FIRST, last=LAST, **fields):
    return Goal.objects.create(
        unit=unit, measure=measure, target=Decimal(target), first_on=first, last_on=last, **fields
    )


def answers(unit, promoters, passives, detractors, at=DURING):
    for score, number in ((10, promoters), (8, passives), (2, detractors)):
        for _ in range(number):
            tell.answer(unit=unit, score=score, at=at)


def told(goal, at=NOW):
    (reading,) = read_goals([goal], upto=at.date() - timedelta(days=1), at=at)
    return reading


def test_a_region_stands_by_the_answers_of_its_branches_since_the_first_day(world):
    answers(world.harbour, 20, 5, 5)
    answers(world.mill, 10, 5, 5)
    answers(world.harbour, 0, 0, 30, at=BEFORE)  # before the goal began
    answers(world.station, 0, 0, 30)  # elsewhere
    answers(world.harbour, 0, 0, 30, at=NOW)  # today is not over
    fill(at=NOW)
    reading = told(aim(world.north))
    assert (reading.n, reading.value, reading.standing) == (50, 40.0, Standing.UNKNOWN)
    assert reading.title == "Goal +36 by 31 December 2026"
    assert reading.verdict == {"kind": "same", "text": "Cannot be told yet: the interval holds it"}
    assert reading.figures == "+40 since 1 November (n\xa050, 95\xa0% +16 to +59)"


def test_few_answers_are_no_failure(world):
    answers(world.harbour, 0, 0, 9)
    fill(at=NOW)
    reading = told(aim(world.harbour))
    assert reading.verdict["text"] == "Cannot be told yet: 9 answers are too few"
    assert reading.figures == "9 answers since 1 November"


def test_how_a_goal_ended_is_told_for_a_fortnight(world):
    goal = aim(world.harbour, target=-50)
    answers(world.harbour, 30, 0, 0)
    fill(at=NOW)
    after = NOW + timedelta(days=40)
    assert told(goal, at=after).verdict["text"] == "Met: the whole interval reaches it"
    listed = [Goal.objects.on(LAST + timedelta(days=days)).count() for days in (0, 14, 15)]
    assert (listed, Goal.objects.on(FIRST - timedelta(days=1)).count()) == ([1, 1, 0], 0)


def call(unit, *, in_time, category="detractor", at=DURING):
    signal = tell.signal(tell.answer(unit=unit, score=2, at=at), category=category)
    made = at + timedelta(hours=1 if in_time else 30)
    ContactAttempt.objects.create(
        ticket=tell.ticket(signal), number=1, due_at=at + timedelta(hours=24), requested_at=at, made_at=made,
        outcome="reached",
    )  # fmt: skip


def test_calls_are_judged_by_the_share_of_detractors_first_called_in_time(world):
    for _ in range(29):
        call(world.harbour, in_time=True)
    call(world.mill, in_time=False)
    call(world.harbour, in_time=False, category="promoter")
    call(world.station, in_time=False)
    call(world.harbour, in_time=False, at=BEFORE)
    reading = told(aim(world.north, target=80, measure="calls"))
    assert (reading.n, round(reading.value, 1), reading.standing) == (30, 96.7, Standing.COURSE)
    assert reading.title == "Goal 80\xa0% of detractors called in time by 31 December 2026"
    assert reading.figures == "97\xa0% of 30 since 1 November (95\xa0% 83 to 99\xa0%)"


def test_goals_are_seen_by_who_sees_the_unit(world):
    aim(world.harbour)
    aim(world.north)
    seen = {who: len(goals_of(principal=getattr(world, who).user, units={world.harbour.pk, world.north.pk}, at=NOW))
            for who in ("rosa", "helen", "elsa")}  # fmt: skip
    assert seen == {"rosa": 2, "helen": 1, "elsa": 0}


def test_many_goals_with_the_same_days_cost_as_much_as_one(world, django_assert_num_queries):
    goals = [aim(unit) for unit in (world.north, world.harbour, world.mill)]
    with django_assert_num_queries(2):
        read_goals(goals, upto=NOW.date(), at=NOW)
    with django_assert_num_queries(2):
        read_goals(goals[:1], upto=NOW.date(), at=NOW)


def test_a_unit_has_one_goal_of_a_kind_at_a_time(world):
    aim(world.harbour)
    other = Goal(unit=world.harbour, target=10, first_on=LAST, last_on=LAST + timedelta(days=9))
    with pytest.raises(ValidationError, match="has a goal of this kind for some of these days"):
        other.full_clean()
    other.first_on += timedelta(days=1)
    other.full_clean()


# --- shared out ------------------------------------------------------------------------------------------------------


def test_a_score_goes_down_where_answers_can_tell_it_and_becomes_calls_where_they_cannot(world):
    """40 points are asked of both. Harbour's 160 answers show a rise of 34.5 at the least, Mill's 20 one of 89.6."""
    answers(world.harbour, 80, 0, 80, at=BEFORE)
    answers(world.mill, 10, 0, 10, at=BEFORE)
    fill(at=NOW)
    goal = aim(world.north, target=40, calls_instead=85)
    plan = cascade(goal, by=world.olivia.user, at=NOW)
    found = {row.unit.name: (row.measure, row.target) for row in goal.shared_out.select_related("unit")}
    assert found == {"Harbour": ("score", Decimal(40)), "Mill": ("calls", Decimal(85))}
    assert (plan.cascade.now, plan.cascade.reached, plan.base.days) == (0.0, 40.0, 90)
    event = Event.objects.get(what="goal.shared_out")
    assert (event.subject_id, event.by, event.data) == (str(goal.pk), world.olivia.user, {"goals": 2})


def test_shared_out_again_what_was_given_follows_and_what_units_set_themselves_stays(world):
    answers(world.harbour, 80, 0, 80, at=BEFORE)
    answers(world.mill, 80, 0, 80, at=BEFORE)
    fill(at=NOW)
    own = aim(world.mill, target=5, first=FIRST - timedelta(days=9), last=FIRST)
    goal = aim(world.north, target=40)
    cascade(goal, by=None, at=NOW)
    goal.target = 50
    goal.save()
    cascade(goal, by=None, at=NOW)
    own.refresh_from_db()
    assert [(row.unit, row.target) for row in goal.shared_out.all()] == [(world.harbour, Decimal(50))]
    assert (own.target, own.parent) == (Decimal(5), None)


def test_a_goal_on_calls_is_the_same_for_all_below(world):
    goal = aim(world.north, target=90, measure="calls")
    cascade(goal, by=None, at=NOW)
    assert sorted(goal.shared_out.values_list("unit__name", "measure", "target")) == [
        ("Harbour", "calls", Decimal(90)), ("Mill", "calls", Decimal(90)),
    ]  # fmt: skip


def test_nothing_is_given_by_a_goal_that_is_over_or_has_nobody_below(world):
    for unit, at, why in ((world.harbour, NOW, "No unit"), (world.north, NOW + timedelta(days=60), "over")):
        with pytest.raises(CannotShareOut, match=why):
            plan_of(aim(unit, measure="calls"), at=at)
    assert Goal.objects.filter(parent__isnull=False).count() == 0


# --- the console -----------------------------------------------------------------------------------------------------


@pytest.fixture
def office(client, world):
    with time_machine.travel(NOW, tick=False):
        client.force_login(world.olivia.user, backend="django.contrib.auth.backends.ModelBackend")
        yield client


def test_the_office_sets_a_goal_sees_what_it_would_give_and_shares_it_out(office, world):
    answers(world.harbour, 80, 0, 80, at=BEFORE)
    answers(world.mill, 10, 0, 10, at=BEFORE)
    fill(at=NOW)
    form = {"unit": world.north.pk, "measure": "score", "target": "40", "first_on": "2026-11-01",
            "last_on": "2026-12-31", "calls_instead": "90"}  # fmt: skip
    office.post(reverse("admin:analytics_goal_add"), form)
    goal = Goal.objects.get()
    page = office.get(reverse("admin:analytics_goal_change", args=[goal.pk])).content.decode()
    for said in ("together they come to +40.0", "90&nbsp;% of calls in time", "Cannot be told yet: no answers"):
        assert said in page
    office.post(
        reverse("admin:analytics_goal_changelist"), {"action": "share_out", "_selected_action": goal.pk}, follow=True
    )
    assert goal.shared_out.count() == 2


def test_a_share_of_calls_above_all_of_them_is_refused(office, world):
    form = {"unit": world.north.pk, "measure": "calls", "target": "100.1", "first_on": "2026-11-01",
            "last_on": "2026-12-31", "calls_instead": "90"}  # fmt: skip
    answer = office.post(reverse("admin:analytics_goal_add"), form)
    assert "a share of calls between 0 and 100" in answer.content.decode()
    assert not Goal.objects.exists()
