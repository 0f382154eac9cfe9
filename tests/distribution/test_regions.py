"""The roll-up: branches side by side, what repeats, what is late; in sight only, in a fixed number of queries."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.models import Goal
from analytics.services.filling import fill
from closedloop.models import Finding, RootCause
from closedloop.services.starting import set_up_defaults
from distribution.models.digests import unit_address
from distribution.services.rolling_up import roll_up
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.world import FROM, NOW

YESTERDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def noon(world):
    with time_machine.travel(NOW, tick=False):
        yield world


def answers(unit, *scores, at=YESTERDAY):
    for score in scores:
        tell.answer(unit=unit, score=score, at=at)
    fill(at=NOW)


def rolled(world, person=None):
    return roll_up(principal=(person or world.rosa).user, unit=world.north, at=NOW)


def cause_found(unit, cause, at=YESTERDAY):
    ticket = tell.ticket(tell.signal(tell.answer(unit=unit, score=2, at=at)))
    Finding.objects.create(ticket=ticket, at=at, learned="The card came late", root_cause=cause)


def test_branches_stand_side_by_side_with_their_region(noon):
    answers(noon.harbour, *[10] * 30)
    answers(noon.mill, *[1] * 10)
    found = rolled(noon)
    assert (found.card.n, found.card.nps) == (40, 50.0)
    assert [(b.unit.name, b.card.n, b.card.nps) for b in found.branches] == [
        ("Harbour", 30, 100.0),
        ("Mill", 10, -100.0),
    ]


def test_a_branch_elsewhere_is_not_among_them(noon):
    assert "Station" not in [b.unit.name for b in rolled(noon).branches]


def test_few_answers_give_no_place_in_the_order(noon):
    answers(noon.harbour, *[10] * 60, *[2] * 60)
    answers(noon.mill, *[10, 2] * 5)
    found = rolled(noon)
    assert ([b.unit.name for b in found.ranked], [b.unit.name for b in found.unranked]) == (["Harbour"], ["Mill"])


def test_where_nothing_lies_before_ninety_days_thirty_are_compared(noon):
    answers(noon.harbour, *[10] * 30)
    answers(noon.harbour, *[2] * 30, at=YESTERDAY - timedelta(days=40))
    found = rolled(noon)
    assert (found.period.days, found.card.nps, found.card.previous_nps) == (30, 100.0, -100.0)


def test_a_region_that_cannot_be_compared_does_not_say_that_nothing_moved(noon, client):
    answers(noon.harbour, *[10] * 30)
    client.force_login(noon.rosa.user)
    page = client.get(f"/region/{unit_address(noon.north)}/").text
    assert "Nothing to compare yet: too few answers in the 90 days before" in page
    assert "No branch moved" not in page


def test_a_change_is_told_when_it_holds_among_all_branches(noon):
    answers(noon.harbour, *[10] * 60)
    answers(noon.harbour, *[2] * 60, at=YESTERDAY - timedelta(days=100))
    (changed,) = rolled(noon).changed
    assert (changed.unit.name, changed.verdict["kind"]) == ("Harbour", "up")


def test_open_and_overdue_tickets_are_counted_by_branch(noon):
    for due in (NOW - timedelta(days=1), NOW + timedelta(days=1)):
        tell.ticket(tell.signal(tell.answer(unit=noon.harbour, score=2, at=YESTERDAY)), due_at=due)
    harbour, mill = rolled(noon).branches
    assert (harbour.open, harbour.overdue, mill.open, mill.overdue) == (2, 1, 0, 0)
    assert [b.unit.name for b in rolled(noon).late] == ["Harbour"]


def test_a_cause_found_in_two_branches_is_a_pattern(noon):
    set_up_defaults()
    card, line = RootCause.objects.offered()[:2]
    for unit in (noon.harbour, noon.mill, noon.mill):
        cause_found(unit, card)
    cause_found(noon.mill, card, at=NOW - timedelta(days=40))
    cause_found(noon.mill, line)
    (pattern,) = rolled(noon).causes
    assert (pattern.name, pattern.branches, pattern.now, pattern.before) == (card.name, 2, 3, 1)


def test_the_page_leads_a_regional_manager_to_the_own_region(noon, client):
    client.force_login(noon.rosa.user)
    page = client.get("/region/", follow=True)
    assert page.redirect_chain[0][0] == f"/region/{unit_address(noon.north)}/"
    assert "Nothing to compare yet" in page.text
    assert " style=" not in page.text


def test_the_office_sees_the_whole_company(noon, client):
    client.force_login(noon.olivia.user)
    page = client.get("/region/", follow=True).text
    assert "Station" in page
    assert "Harbour" in page


def test_out_of_sight_is_not_found(noon, client):
    for person in (noon.elsa, noon.jonas):
        client.force_login(person.user)
        assert client.get(f"/region/{unit_address(noon.north)}/").status_code == 404


def test_a_branch_manager_is_told_that_there_is_no_region(noon, client):
    client.force_login(noon.helen.user)
    assert "No region to show" in client.get("/region/").text


def test_ten_branches_and_two_hundred_cost_the_same_queries(noon, client):
    client.force_login(noon.rosa.user)
    counts = []
    for more in (8, 190):
        for number in range(more):
            branch = make.unit(name=f"Branch {more} {number}", calendar=noon.calendar)
            make.placement(hierarchy=noon.hierarchy, unit=branch, parent=noon.north, since=FROM)
        noon.hierarchy.unitclosure_set.all().delete()
        make.closure(noon.hierarchy)
        answers(noon.harbour, 9)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/region/{unit_address(noon.north)}/")
        assert page.text.count('class="rank__n"') == (10 if more == 8 else 200)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 30  # of two periods, since the longer one has nothing before it


def test_goals_stand_beside_the_scores_of_the_region_and_of_what_is_below(noon, client):
    answers(noon.harbour, *[10] * 40, *[2] * 40)
    first, last = YESTERDAY.date() - timedelta(days=30), YESTERDAY.date() + timedelta(days=30)
    for unit, target in ((noon.north, -60), (noon.harbour, 36), (noon.station, 10)):
        Goal.objects.create(unit=unit, target=target, first_on=first, last_on=last)
    found = rolled(noon)
    assert [(r.goal.unit.name, r.verdict["text"]) for r in found.goals] == [
        ("North", "On course: the whole interval reaches it")
    ]
    assert [(r.goal.unit.name, r.verdict["text"]) for r in found.goals_below] == [
        ("Harbour", "Behind: the whole interval lies below it")
    ]
    client.force_login(noon.rosa.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/region/{unit_address(noon.north)}/").content.decode()
    assert "Goal −60 by" in page
    assert "Goal +36 by" in page
