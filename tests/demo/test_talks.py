"""The demo's talks and its goal come by the house's own verbs, once."""

from datetime import timedelta

import pytest

from analytics.models import Goal
from analytics.services.filling import fill
from crm.models import Employee, OrgUnit
from demo.company.bank import SOURCE
from demo.talks import aim, converse
from distribution.models import Commitment, Talk
from tests.factories import distribution as tell
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bank(world):
    Employee.objects.update(source=SOURCE)
    OrgUnit.objects.update(source=SOURCE)


def test_managers_have_talked_twice_with_their_people_and_settled_what_was_agreed(world):
    assert (converse(at=NOW), converse(at=NOW)) == (2, 0)
    talks = Talk.objects.order_by("held_on")
    assert {(talk.employee, talk.by) for talk in talks} == {(world.jonas, world.helen.user)}
    assert [talk.held_on for talk in talks] == [(NOW - timedelta(weeks=weeks)).date() for weeks in (3, 1)]
    assert [commitment.talk for commitment in Commitment.objects.open()] == [talks[1]]


def test_the_bank_aims_four_points_higher_and_its_regions_get_their_part(world):
    for unit in (world.harbour, world.station):
        for score in [10] * 20 + [2] * 20:
            tell.answer(unit=unit, score=score, at=NOW - timedelta(days=60))
    fill(at=NOW)
    aim(at=NOW)
    aim(at=NOW)
    assert Goal.objects.get(parent=None).target == 4
    assert sorted(Goal.objects.exclude(parent=None).values_list("unit__name", "measure", "target")) == [
        ("North", "calls", 90), ("South", "calls", 90),
    ]  # fmt: skip
