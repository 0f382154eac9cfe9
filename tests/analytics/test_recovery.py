"""Did calling help: whose figures count in which group, and what the page, the file and the API say."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
import time_machine

from analytics.services.recovery.reporting import recovery_report
from analytics.wording_recovery import finding, naive, price
from closedloop.models import RecoveryDraw, RecoveryStudy, SecondAsk, Ticket
from closedloop.services.starting import set_up_defaults
from common.models import Event
from crm.models import FinancialRecord, OrgUnit
from surveys.models import Response
from tests.factories import closedloop as make
from tests.factories import crm
from tests.factories import surveys as ask
from tests.house.test_routes import signed_in
from tests.world import NOW

HALF_A_YEAR = NOW + timedelta(days=181)


@pytest.fixture
def study(db) -> RecoveryStudy:
    set_up_defaults()
    return RecoveryStudy.objects.create(
        code="autumn", name="Autumn study", agreed_with="Board", agreed_on=NOW.date(), share="0.5", seed="s",
        since=NOW - timedelta(days=1), until=NOW + timedelta(days=100), call_cost="4.00",
    )  # fmt: skip


def drawn(world, study, arm: str, **outcome) -> RecoveryDraw:
    """A detractor of Harbour in an arm."""
    return make.lot(study, kind=world.visit, unit=outcome.pop("unit", world.harbour), arm=arm, **outcome)


def report(world, unit: OrgUnit | None = None, **said):
    return recovery_report(principal=world.olivia.user, unit=unit or world.head_office, at=HALF_A_YEAR, **said)


@pytest.fixture
def two_arms(world, study):
    """Ten called: eight answer 9, two are silent, one left. Ten held out: three answer 9, four 2, four left."""
    for number in range(10):
        again = {"again": 9} if number < 8 else {}
        drawn(world, study, "called", cost="6.00", left=number == 0, **again)
    for number in range(10):
        again = {"again": 9} if number < 3 else {"again": 2} if number < 7 else {}
        drawn(world, study, "held_out", left=number < 4, **again)
    return report(world)


def test_everybody_counts_in_the_arm_of_the_lot(two_arms):
    found = two_arms
    assert (found.called.n, found.others.n, found.study.code) == (10, 10, "autumn")
    assert (found.called.reached, found.called.resolved, found.others.reached) == (10, 10, 0)
    assert (found.called.moved.well, found.called.moved.known) == (8, 8)
    assert (found.others.moved.well, found.others.moved.known) == (3, 7)
    assert found.moved.points == pytest.approx(0.5)
    assert found.moved.verdict == "helped"
    assert found.moved.bounds.low < found.moved.interval.low


def test_who_stayed_is_told_when_the_half_year_is_over(world, two_arms):
    assert (two_arms.called.stayed.well, two_arms.others.stayed.well) == (9, 6)
    assert two_arms.stayed.points == pytest.approx(0.3)
    early = recovery_report(principal=world.olivia.user, unit=world.head_office, at=NOW + timedelta(days=179))
    assert (early.called.stayed.n, early.stayed, early.price) == (0, None, None)


def test_the_cost_counts_calls_and_what_was_spent(two_arms):
    assert two_arms.called.spent.mean_cost == pytest.approx(10.0)  # an attempt at 4 and 6 for each
    assert two_arms.price.points == pytest.approx(10 / 0.3)
    assert two_arms.price.interval is None  # nine of ten against six of ten is not told from chance
    assert price(two_arms).startswith("Without end")


def test_the_naive_rate_stands_beside_that_of_the_others(two_arms):
    assert (two_arms.naive, two_arms.naive_others) == (1.0, pytest.approx(3 / 7))
    assert "43\N{NO-BREAK SPACE}% of the others, who were held out" in naive(two_arms)
    assert finding(two_arms) == "Calling brought detractors back: +50 percentage points"


def test_who_was_called_after_all_still_counts_as_held_out(world, study):
    lot = drawn(world, study, "held_out", cost="6.00", again=9)
    RecoveryDraw.objects.filter(pk=lot.pk).update(released_at=NOW, released_why="contact")
    found = report(world)
    assert (found.others.n, found.others.let_go, found.others.reached, found.called.n) == (1, 1, 1, 0)


def test_an_answer_at_another_row_of_the_person_is_theirs(world, study):
    lot = drawn(world, study, "called")
    twin = crm.customer(unit=world.mill, canonical=lot.customer)
    visit = crm.interaction(kind=world.visit, customer=twin, unit=world.mill)
    make.answer(visit, score=8, answered_at=NOW + timedelta(days=40))
    assert report(world).called.moved.well == 1


def test_only_the_next_answer_within_half_a_year_counts(world, study):
    lot = drawn(world, study, "called", again=4)
    for days in (60, 181):
        visit = crm.interaction(kind=world.visit, customer=lot.customer, unit=world.harbour)
        make.answer(visit, score=10, answered_at=NOW + timedelta(days=days))
    late = drawn(world, study, "called")
    visit = crm.interaction(kind=world.visit, customer=late.customer, unit=world.harbour)
    make.answer(visit, score=10, answered_at=NOW + timedelta(days=181))
    moved = recovery_report(principal=world.olivia.user, unit=world.head_office, at=NOW + timedelta(days=400)).called
    assert (moved.moved.known, moved.moved.well) == (1, 0)


def test_the_customer_confirms_in_the_second_survey(world, study):
    lot = drawn(world, study, "called", again=9)
    again = Response.objects.exclude(pk=lot.signal.response_id).get()
    Response.objects.filter(pk=again.pk).update(further={"resolved": "yes"})
    program = ask.program(code="again", kind="recovery")
    turn = ask.turn(program=program, customer=lot.customer, unit=world.harbour)
    SecondAsk.objects.create(turn=turn, lot=lot, first=lot.signal.response, at=NOW)
    found = report(world).called
    assert (found.confirmed, found.asked) == (1, 1)


def test_revenue_is_that_of_the_half_year_by_days(world, study):
    lot = drawn(world, study, "called")
    day = NOW.date()
    for start, end, revenue in ((day - timedelta(days=10), day + timedelta(days=10), 40), (day, day + timedelta(1), 5)):
        FinancialRecord.objects.create(
            source="crm", external_id=f"{start}{end}", customer=lot.customer, starts_on=start, ends_before=end,
            currency="EUR", revenue=revenue, as_of=NOW,
        )  # fmt: skip
    found = report(world).called
    assert (found.revenue.n, float(found.revenue.s1), float(found.before["revenue"].s1)) == (1, 25.0, 20.0)


def test_units_elsewhere_do_not_count(world, study):
    drawn(world, study, "called", unit=world.station)
    assert report(world, world.north).n == 0
    assert report(world, world.south).n == 1


def test_a_unit_out_of_sight_is_not_there(world, study):
    with pytest.raises(OrgUnit.DoesNotExist):
        recovery_report(principal=world.elsa.user, unit=world.harbour, at=NOW)


def test_without_a_study_early_contacts_are_held_against_late_ones(world):
    for hours in (1, 30, 24 * 5):
        customer = crm.customer(unit=world.harbour)
        make.ticket(make.answer(crm.interaction(kind=world.visit, customer=customer, unit=world.harbour), score=2))
        ticket = Ticket.objects.get(customer=customer)
        ticket.record_attempt(outcome="reached", note="", by=None, at=NOW + timedelta(hours=hours))
    make.ticket(make.answer(world.interaction, score=2))
    found = report(world)
    assert found.study is None
    assert (found.called.n, found.others.n, found.never.n) == (2, 1, 1)
    assert finding(found) == "Too few customers to say whether calling helped"


def test_how_unlike_the_groups_were_is_told(world, study):
    for score in (0, 1, 2, 1, 0, 2):
        drawn(world, study, "called", score=score)
    for score in (5, 6, 6, 5, 6, 4):
        drawn(world, study, "held_out", score=score)
    found = report(world)
    assert found.unlike == ["score"]
    assert found.balance["revenue"] is None


def page(who, **said):
    with time_machine.travel(HALF_A_YEAR, tick=False):
        answer = signed_in(who).get("/insights/recovery/", said)
        return answer if not answer.streaming else b"".join(answer)


def test_the_page_has_the_finding_in_its_title(world, two_arms):
    html = page(world.olivia).content.decode()
    assert "<h1>Calling brought detractors back: +50 percentage points</h1>" in html
    assert "who were held out" in html


def test_the_page_helps_where_there_is_nothing(world):
    html = page(world.olivia).content.decode()
    assert "Agree on a study" in html
    assert "Agree on a study" not in page(world.rosa).content.decode()


def test_a_wrong_filter_is_named(world):
    answer = page(world.olivia, study="never")
    assert answer.status_code == 400
    assert "There is no study with this code." in answer.content.decode()


def test_a_branch_sees_its_own_and_no_other(world, two_arms):
    assert page(world.elsa, unit=world.harbour.pk).status_code == 404
    assert page(world.helen, unit=world.harbour.pk).status_code == 200
    assert page(world.jonas).status_code == 403


def test_the_tables_as_a_file(world, two_arms):
    answer = page(world.olivia, format="csv")
    rows = list(csv.reader(io.StringIO(answer.decode("utf-8-sig"))))
    by_name = {row[0]: row for row in rows[1:]}
    assert by_name["left the detractors"][3:8] == ["0.8", "10", "0.3", "10", "0.5"]
    assert by_name["naive rescue rate"][3:5] == ["1.0", "8"]
    assert Event.objects.get(what="recovery.exported").data["format"] == "csv"
