"""The console's room "Learn"."""

from datetime import date

import pytest
from django.urls import reverse

from analytics import tasks
from analytics.models import FillState, UnitDayScores
from analytics.services.filling import fill
from common.models import Event
from tests.factories import analytics as make
from tests.world import NOW

DAY = date(2026, 11, 10)
LISTS = ["admin:analytics_unitdayscores_changelist", "admin:analytics_answerfact_changelist"]


@pytest.fixture
def answers(world):
    make.answers(unit=world.harbour, scores=[9, 9, 3], on=DAY)
    fill(at=NOW)


@pytest.mark.parametrize("name", LISTS)
def test_a_manager_sees_the_figures_of_the_branch_and_one_elsewhere_does_not(client, world, answers, name):
    client.force_login(world.helen.user)
    assert b"Harbour" in client.get(reverse(name)).content
    client.force_login(world.elsa.user)
    assert b"Harbour" not in client.get(reverse(name)).content


@pytest.mark.parametrize("name", ["olivia", "rosa", "helen", "jonas", "elsa", "operator"])
def test_the_list_holds_the_cells_in_sight(world, answers, name):
    user = getattr(getattr(world, name), "user", getattr(world, name))
    listed, seen = UnitDayScores.objects.listed_to(user), UnitDayScores.objects.visible_to(user)
    assert list(listed) == list(seen)
    assert listed.exists() is (name not in {"jonas", "elsa"})


def test_the_office_asks_for_a_rebuild_and_the_trail_keeps_who(client, world, answers):
    client.force_login(world.olivia.user)
    asked = {"action": "compute_anew", "_selected_action": ["unit_day_scores"]}
    page = client.post(reverse("admin:analytics_fillstate_changelist"), asked, follow=True)
    assert "computed anew" in page.content.decode()
    assert Event.objects.get(what="rollup.rebuild_requested").by == world.olivia.user


def test_a_manager_cannot_ask_for_a_rebuild(client, world, answers):
    client.force_login(world.helen.user)
    asked = {"action": "compute_anew", "_selected_action": ["unit_day_scores"]}
    assert client.post(reverse("admin:analytics_fillstate_changelist"), asked).status_code == 403
    assert not Event.objects.filter(what="rollup.rebuild_requested").exists()


def test_the_rebuild_that_was_asked_for_mends_the_figures_and_leaves_its_trace(world, answers):
    UnitDayScores.objects.update(s9=7)
    tasks.refill()
    assert UnitDayScores.objects.get().s9 == 2
    assert set(FillState.objects.values_list("status", flat=True)) == {FillState.Status.DONE}
    told = Event.objects.filter(what="rollup.rebuilt").order_by("subject_id")
    assert [(event.subject_id, event.data["answers"]) for event in told] == [
        ("unit_day_dispositions", 0), ("unit_day_scores", 3), ("unit_month_products", 3), ("unit_month_scores", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(("who", "shown"), [("rosa", True), ("jonas", False)])
def test_the_first_page_of_the_console_shows_the_score_to_who_may_see_it(client, world, answers, who, shown):
    client.force_login(getattr(world, who).user)
    page = client.get(reverse("admin:index")).content.decode()
    assert ("North, 90 days" in page) is shown
