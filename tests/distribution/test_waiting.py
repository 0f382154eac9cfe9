"""Alerts out of hours: they wait until the unit opens, go in one mail, and never end at somebody who left; what is
grave waits for nothing."""

from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from closedloop.models import Alert
from common.models import State
from crm.models import Employee
from distribution.models import Dispatch
from distribution.services.alerting import dispatch_alerts
from distribution.services.sending import send_due
from tests.factories import crm as make
from tests.factories import distribution as tell

FRIDAY = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)  # Harbour is closed
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # it opens


def came_in(unit, *, customer=None, at=FRIDAY, words="", waits=True, ticket=True, score=2, **fields):
    """An alert, given to the people in charge at `at`."""
    about = tell.signal(tell.answer(unit=unit, score=score, at=at, comment=words, customer=customer), **fields)
    opened = tell.ticket(about, due_at=MONDAY + timedelta(hours=score)) if ticket else None
    made = tell.alert(about, rule=tell.rule(name="Grave" if not waits else "Detractors", waits=waits), ticket=opened)
    dispatch_alerts(at=at)
    return made


def someone(given_name):
    return make.customer(given_name=given_name, family_name="Roe")


def subject(mail):
    return " ".join(str(make_header(decode_header(mail["Subject"]))).split())


def text_of(mail):
    return mail.get_payload()[0].get_payload(decode=True).decode()


def test_it_waits_over_the_weekend_until_the_unit_opens(world, post_office):
    came_in(world.harbour, customer=someone("Ada"))
    assert Dispatch.objects.get().due_at == MONDAY
    assert send_due(at=MONDAY - timedelta(seconds=1)) == {}
    assert send_due(at=MONDAY) == {"handed_off": 1}
    assert subject(post_office.received[0]) == "Ada gave 2: call by Monday 23 November, 11:00"


def test_what_is_grave_goes_at_any_hour_and_says_by_which_rule(world, post_office):
    came_in(world.harbour, customer=someone("Ada"), words="My lawyer will write", waits=False)
    assert send_due(at=FRIDAY) == {"handed_off": 1}
    assert "Sent at any hour: Grave." in text_of(post_office.received[0])


def test_words_of_law_that_follow_hasten_the_mail_that_waits(world, post_office):
    first = came_in(world.harbour, customer=someone("Ada"))
    later = tell.signal(first.signal.response, text="My lawyer will write")
    Alert.objects.filter(pk=first.pk).update(signal=later)
    tell.alert(later, rule=tell.rule(waits=False), ticket=first.ticket)
    dispatch_alerts(at=FRIDAY + timedelta(minutes=1))
    assert send_due(at=FRIDAY + timedelta(minutes=1)) == {"handed_off": 1}
    assert "My lawyer will write" in text_of(post_office.received[0])
    assert send_due(at=MONDAY) == {}


def test_words_of_law_that_follow_a_mail_that_left_are_told_too(world, post_office):
    first = came_in(world.harbour, customer=someone("Ada"), at=MONDAY)
    send_due(at=MONDAY)
    later = tell.signal(first.signal.response, text="My lawyer will write")
    tell.alert(later, rule=tell.rule(waits=False), ticket=first.ticket)
    dispatch_alerts(at=MONDAY)
    assert send_due(at=MONDAY) == {"handed_off": 1}
    assert subject(post_office.received[1]) == "Ada gave 2: call by Monday 23 November, 11:00"


def test_what_waited_for_the_same_person_is_one_mail_first_due_first(world, post_office):
    for name, score in (("Ada", 4), ("Ben", 1), ("Cleo", 3)):
        came_in(world.harbour, customer=someone(name), score=score)
    came_in(world.station, customer=someone("Dora"))  # Elsa's
    assert send_due(at=MONDAY) == {"handed_off": 2}
    to_helen, to_elsa = post_office.received
    assert (to_helen["To"], to_elsa["To"]) == ("helen@example.org", "elsa@example.org")
    assert subject(to_helen) == "3 alerts since Friday 20 November, 21:00: 3 to call"
    places = [text_of(to_helen).index(name) for name in ("Ben gave 1", "Cleo gave 3", "Ada gave 4")]
    assert places == sorted(places)
    carried = Dispatch.objects.filter(carrier__isnull=False).values_list("state", "handed_off_at", "message_id")
    assert set(carried) == {("handed_off", MONDAY, to_helen["Message-ID"])}
    assert len(carried) == 2


def test_what_comes_in_while_the_unit_is_open_goes_by_itself(world, post_office):
    for name in ("Ada", "Ben"):
        came_in(world.harbour, customer=someone(name), at=MONDAY)
    assert send_due(at=MONDAY) == {"handed_off": 2}


def test_a_ticket_closed_over_the_weekend_is_left_out_of_the_mail(world, post_office):
    kept, closed, other = (came_in(world.harbour, customer=someone(name)) for name in ("Ada", "Ben", "Cleo"))
    type(closed.ticket).objects.filter(pk=closed.ticket_id).update(is_open=False)
    assert send_due(at=MONDAY) == {"handed_off": 1}
    assert "Ben" not in text_of(post_office.received[0])
    states = dict(Dispatch.objects.values_list("alert", "state"))
    assert states == {kept.pk: "handed_off", closed.pk: "cancelled", other.pk: "handed_off"}


def test_where_the_first_must_not_go_the_others_go_without_it(world, post_office):
    closed, *_ = (came_in(world.harbour, customer=someone(name)) for name in ("Ada", "Ben", "Cleo"))
    type(closed.ticket).objects.filter(pk=closed.ticket_id).update(is_open=False)
    assert send_due(at=MONDAY) == {"cancelled": 1, "handed_off": 1}
    assert subject(post_office.received[0]).startswith("2 alerts since")


def test_a_mail_refused_for_now_goes_again_with_all_it_carried_and_no_more(world, post_office):
    Employee.objects.filter(pk=world.helen.pk).update(email="late-451-4.2.2@example.org")
    for name in ("Ada", "Ben"):
        came_in(world.harbour, customer=someone(name))
    assert send_due(at=MONDAY) == {"pending": 1}
    assert send_due(at=MONDAY) == {}  # what it carries does not go by itself
    Employee.objects.filter(pk=world.helen.pk).update(email="helen@example.org")
    assert send_due(at=MONDAY + timedelta(hours=1)) == {"handed_off": 1}
    assert subject(post_office.received[-1]).startswith("2 alerts since")
    assert set(Dispatch.objects.values_list("state", flat=True)) == {"handed_off"}


def test_a_mail_refused_for_good_fails_with_all_it_carried_and_each_can_be_sent_again(world, post_office):
    Employee.objects.filter(pk=world.helen.pk).update(email="refuse-550-5.1.1@example.org")
    for name in ("Ada", "Ben"):
        came_in(world.harbour, customer=someone(name))
    send_due(at=MONDAY)
    assert list(Dispatch.objects.values_list("state", flat=True)) == ["failed", "failed"]
    Employee.objects.filter(pk=world.helen.pk).update(email="helen@example.org")
    carried = Dispatch.objects.get(carrier__isnull=False)
    assert carried.resend(by=world.olivia.user, at=MONDAY)
    assert send_due(at=MONDAY) == {"handed_off": 1}
    assert subject(post_office.received[-1]).startswith("Ben gave 2")


def left(world):
    Employee.objects.filter(pk=world.helen.pk).update(left_on=MONDAY.date())


def moved(world):
    world.helen.assignments.update(recorded=(None, MONDAY))


@pytest.mark.parametrize("goes", [left, moved])
def test_for_who_left_or_moved_meanwhile_the_next_in_charge_is_told(world, post_office, goes):
    for name in ("Ada", "Ben"):
        came_in(world.harbour, customer=someone(name))
    goes(world)
    assert send_due(at=MONDAY) == {"cancelled": 2}
    assert dispatch_alerts(at=MONDAY) == 2
    send_due(at=MONDAY)
    assert {mail["To"] for mail in post_office.received} == {"rosa@example.org"}
    assert dispatch_alerts(at=MONDAY) == 0
    assert Dispatch.objects.filter(employee=world.rosa, state=State.HANDED_OFF).count() == 2


def test_a_mail_of_ten_costs_as_many_queries_as_one_of_three(world, post_office):
    counts = []
    for how_many in (3, 10):
        for number in range(how_many):
            came_in(world.harbour, customer=someone(f"Ada{number}"))
        with CaptureQueriesContext(connection) as queries:
            assert send_due(at=MONDAY, limit=1) == {"handed_off": 1}
        counts.append(len(queries))
    assert counts[0] == counts[1]
