"""The console's frame: what stands in the sidebar, the first page, the policy."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.functional import empty

from closedloop.services.elevating import elevate, set_aside
from crm.models import ApiKey
from crm.services.feeds.counting import count_in, fold
from crm.services.feeds.minding import mind
from nps_project.duties import due_for
from tests.factories import closedloop as make
from tests.world import NOW


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(getattr(person, "user", person), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def request_of(rf, person):
    request = rf.get("/admin/")
    request.user = getattr(person, "user", person)
    return request


def titles(answer):
    return {item["title"] for group in answer.context["sidebar_navigation"] for item in group["items"]}


def test_the_operator_finds_the_groups_of_the_work(world, as_):
    answer = as_(world.operator).get("/admin/")
    assert answer.status_code == 200
    assert "People who sign in" in titles(answer)


def test_nobody_is_offered_what_they_may_not_open(world, as_):
    assert "People who sign in" not in titles(as_(world.olivia).get("/admin/"))
    assert "Event trail" in titles(as_(world.olivia).get("/admin/"))


def test_the_list_of_all_rooms_is_looked_up_only_where_it_is_read(world, as_):
    operator = as_(world.operator)
    page = operator.get("/admin/crm/customer/")
    assert page.context["available_apps"]._wrapped is empty
    rooms = operator.get("/admin/crm/").context["app_list"]
    assert {"/admin/crm/customer/", "/admin/crm/feed/"} <= {room["admin_url"] for room in rooms[0]["models"]}


def test_a_feed_that_went_silent_is_work_due(world, rf):
    now = timezone.now()
    ApiKey.objects.all().update(created_at=now - timedelta(days=4))
    mind(at=now)
    assert due_for(request_of(rf, world.operator))["silent"].number == 1
    count_in(kind="interactions", source="crm", at=now, received=1, rejected=0)
    fold(at=now)
    mind(at=now)
    assert due_for(request_of(rf, world.operator))["silent"].number == 0


def test_what_was_raised_and_waits_is_work_due_of_those_who_settle_it(world, as_, rf):
    raised = elevate(
        subject=make.answer(world.interaction, comment="Two queues."), why="The third.", by=world.helen.user, at=NOW
    )
    assert "raised" not in due_for(request_of(rf, world.helen))  # she reads it, and settles nothing
    page = as_(world.olivia).get("/admin/")
    [entry] = [
        row for group in page.context["sidebar_navigation"] for row in group["items"] if "elevation" in row["link"]
    ]
    assert (entry["badge"], entry["badge_variant"]) == ("1", "warning")
    assert "/admin/closedloop/elevation/?state=waiting" in page.content.decode()
    set_aside(elevations=[raised], why="Known, and on its way.", by=world.olivia.user, at=NOW)
    assert due_for(request_of(rf, world.olivia))["raised"].number == 0


def test_the_console_alone_may_evaluate_expressions(world, as_):
    assert "'unsafe-eval'" in as_(world.operator).get("/admin/")["Content-Security-Policy"]
    assert "unsafe" not in as_(world.operator).get("/login/")["Content-Security-Policy"]


def test_every_page_carries_the_notice_of_the_marks(world, as_):
    assert "registered marks of Bain" in as_(world.operator).get("/admin/").content.decode()


@pytest.mark.parametrize("path", ["/admin/", "/admin/crm/customer/", "/admin/closedloop/ticket/"])
def test_a_page_of_the_console_asks_few_questions(world, as_, path, django_assert_max_num_queries):
    client = as_(world.olivia)
    with django_assert_max_num_queries(28):
        assert client.get(path).status_code == 200
