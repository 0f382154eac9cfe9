"""The alerts one was told of, on a page: one's own, while one sees them; and that they were read."""

import pytest
from django.utils import timezone

from common.models import Event
from distribution.models import Dispatch
from distribution.services.alerting import dispatch_alerts
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(world):
    about = tell.signal(tell.answer(unit=world.harbour, score=3, comment="Nobody called back", customer=world.ines))
    made = tell.alert(about, rule=tell.rule(), ticket=tell.ticket(about))
    dispatch_alerts(at=NOW)
    return made


def page(client, person):
    client.force_login(person.user)
    return client.get("/alerts/").text


def readings():
    return list(Dispatch.objects.order_by("pk").values_list("employee__name", "read_at"))


def test_whoever_was_told_sees_it_and_nobody_else(world, client, alert):
    assert "One alert you have not read" in page(client, world.helen)
    assert "Nobody called back" in page(client, world.helen)
    for other in (world.rosa, world.elsa, world.jonas):  # Rosa sees the ticket, but nobody told her
        assert "Nobody called back" not in page(client, other)


def test_who_moved_away_sees_it_no_longer(world, client, alert):
    world.helen.assignments.all().delete()
    make.assignment(world.helen, unit=world.station, role="branch")
    assert "Nobody called back" not in page(client, world.helen)


def test_opening_it_from_the_mail_is_having_read_it(world, client, alert):
    client.force_login(world.helen.user)
    answer = client.get(f"/alerts/{alert.ticket.public_id}/")
    assert (answer.status_code, answer.url) == (302, f"/tickets/{alert.ticket.public_id}/")
    ((name, at),) = readings()
    assert name == "Helen"
    assert at is not None
    read = Event.objects.get(what="alert.read")
    assert (read.subject_id, read.by, read.data) == (str(alert.pk), world.helen.user, {"employee": world.helen.pk})
    client.get(f"/alerts/{alert.ticket.public_id}/")
    assert readings() == [(name, at)]
    assert "You have read every alert" in page(client, world.helen)


def test_whoever_may_open_the_ticket_but_was_not_told_reads_nothing_for_others(world, client, alert):
    client.force_login(world.rosa.user)
    assert client.get(f"/alerts/{alert.ticket.public_id}/").status_code == 302
    client.logout()
    assert client.get(f"/alerts/{alert.ticket.public_id}/").url.startswith("/login/")
    client.force_login(world.elsa.user)
    assert client.get(f"/alerts/{alert.ticket.public_id}/").status_code == 404
    assert readings() == [("Helen", None)]


def test_all_until_a_row_are_read_at_once_and_later_ones_are_not(world, client, alert):
    client.force_login(world.helen.user)
    first = Dispatch.objects.get().pk
    tell.alert(tell.signal(tell.answer(unit=world.harbour, score=2)), rule=tell.rule())
    dispatch_alerts(at=timezone.now())
    client.post("/alerts/reading", {"newest": first})
    assert [at is not None for _, at in readings()] == [True, False]
    client.post("/alerts/reading", {"newest": "x"})
    assert [at is not None for _, at in readings()] == [True, False]


def test_an_answer_told_again_stands_once(world, client, alert):
    type(alert).objects.update(signal=tell.signal(alert.signal.response, callback=True), dispatched_at=None)
    dispatch_alerts(at=NOW)
    assert Dispatch.objects.count() == 2
    assert page(client, world.helen).count("Nobody called back") == 1
