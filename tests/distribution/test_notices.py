"""Policy notices: for whom they are, since when they hold, who has read them."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from common.models import Event
from crm.models import Employee
from distribution.errors import LibraryRefused
from distribution.models import Acknowledgement, Entry, PolicyNotice
from distribution.services.library.noticing import acknowledge, issue_notice, readers_of
from distribution.services.library.searching import in_the_library, must_read
from tests.factories import crm as make
from tests.world import NOW

pytestmark = pytest.mark.django_db
ISSUED = {"title": "Papers go by courier", "words": "Never by post.", "must_read": True}


def issue(world, unit=None, by=None, **fields):
    said = {**ISSUED, "valid_from": date(2026, 11, 1), "unit": unit or world.head_office, **fields}
    return issue_notice(notice=PolicyNotice(**said), by=(by or world.olivia).user, at=NOW)


def listed(person, at=NOW):
    return [entry.title for entry in in_the_library(person.user, at=at).order_by("title")]


def test_it_is_for_the_unit_and_below_and_for_its_roles(world):
    issue(world, world.north, roles=["branch"])
    assert listed(world.helen) == ["Papers go by courier"]
    for other in (world.jonas, world.elsa):
        assert listed(other) == []
        assert not Entry.objects.visible_to(other.user).exists()
    assert listed(world.rosa) == ["Papers go by courier"]  # who leads the unit sees what is for her people


def test_a_role_held_elsewhere_is_not_the_role_there(world):
    issue(world, world.north, roles=["branch"])
    make.assignment(world.jonas, unit=world.station, role="branch")
    assert listed(world.jonas) == []


def test_who_leads_those_it_is_for_sees_it_and_is_not_asked_to_read_it(world):
    issue(world, world.harbour)
    assert listed(world.rosa) == ["Papers go by courier"]
    waiting = {person: must_read(person.user, at=NOW).count() for person in (world.rosa, world.olivia, world.helen)}
    assert waiting == {world.rosa: 0, world.olivia: 0, world.helen: 1}


def test_it_holds_from_its_day_where_it_is_until_another_replaces_it(world):
    old = issue(world, valid_from=date(2026, 11, 25), title="Old")
    issue(world, valid_from=date(2026, 11, 27), valid_until=date(2026, 11, 28), title="New", replaces=old)
    days = {0: [], 1: ["Old"], 2: ["Old"], 3: ["New"], 4: ["New"], 5: []}
    assert {n: listed(world.elsa, NOW + timedelta(days=n)) for n in days} == days


def test_who_reads_it_says_so_once_and_the_manager_sees_who_has_not(world, client):
    notice = issue(world)
    assert [waiting.pk for waiting in must_read(world.jonas.user, at=NOW)] == [notice.pk]
    client.force_login(world.jonas.user)
    assert "One notice to read" in client.get("/library/").text
    for _ in range(2):
        assert client.post(f"/library/{notice.public_id}/acknowledgement").status_code == 302
    assert [waiting.pk for waiting in must_read(world.jonas.user, at=timezone.now())] == []
    assert Event.objects.filter(what="notice.acknowledged").count() == Acknowledgement.objects.count() == 1
    told = readers_of(notice, principal=world.helen.user, limit=9)
    assert (told.read, told.of, [(row.name, bool(row.read_at)) for row in told.rows]) == (
        1, 2, [("Helen", False), ("Jonas", True)],
    )  # fmt: skip
    assert readers_of(notice, principal=world.olivia.user, limit=9).of == Employee.objects.count()
    client.force_login(world.elsa.user)
    assert "Jonas" not in client.get(f"/library/{notice.public_id}/readers/").text


def test_the_office_issues_it_in_the_console_and_a_region_for_itself_alone(world, client):
    said = {**ISSUED, "must_read": "on", "unit": world.north.pk, "valid_from": "2026-11-24", "roles": ["employee"]}
    add = "/admin/distribution/policynotice/add/"
    client.force_login(world.helen.user)
    assert client.post(add, said).status_code == 403
    client.force_login(world.rosa.user)
    assert client.post(add, {**said, "unit": world.south.pk}).status_code == 200  # the form again
    assert not PolicyNotice.objects.exists()
    assert client.post(add, said).status_code == 302
    notice = PolicyNotice.objects.get()
    assert (notice.audience, notice.roles, notice.by, notice.state) == (
        world.north, ["employee"], world.rosa.user, "published",
    )  # fmt: skip
    assert Event.objects.get(what="notice.issued").data == {"unit": world.north.pk}
    assert "Papers go by courier" in client.get("/admin/distribution/entry/").text


def test_who_is_no_employee_cannot_say_so_and_a_notice_says_something(world):
    with pytest.raises(LibraryRefused, match="Only employees"):
        acknowledge(notice=issue(world), by=world.operator, at=NOW)
    with pytest.raises(LibraryRefused, match="what holds"):
        issue(world, words=" ")
    assert PolicyNotice.objects.count() == 1


def test_who_only_sees_a_notice_has_no_button_and_says_nothing_of_it(world, client):
    notice = issue(world, world.harbour)
    pages = {}
    for who in (world.rosa, world.helen):
        client.force_login(who.user)
        pages[who] = client.get(f"/library/{notice.public_id}/").text
    assert {who.name: "I have read it" in page for who, page in pages.items()} == {"Rosa": False, "Helen": True}
    client.force_login(world.rosa.user)
    answer = client.post(f"/library/{notice.public_id}/acknowledgement", follow=True)
    assert "The notice is not for you" in answer.text
    assert not Acknowledgement.objects.exists()
