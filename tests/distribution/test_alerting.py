"""Who is told of an alert, and that nobody is told twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import Event
from crm.models import Absence
from distribution.models import Dispatch
from distribution.services.alerting import dispatch_alerts
from distribution.services.sending import send_due
from tests.distribution.test_sending import parts
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.world import NOW, build_world


def alert_at(unit, *, audience=("branch",), score=3, **fields):
    about = tell.signal(tell.answer(unit=unit, score=score, **fields))
    return tell.alert(about, rule=tell.rule(audience=list(audience)))


def told():
    return {d.employee.name for d in Dispatch.objects.select_related("employee")}


def test_the_branch_manager_is_told(world):
    alert = alert_at(world.harbour)
    assert dispatch_alerts(at=NOW) == 1
    dispatch = Dispatch.objects.get()
    assert (dispatch.employee, dispatch.alert, dispatch.due_at, dispatch.state) == (world.helen, alert, NOW, "pending")
    alert.refresh_from_db()
    assert alert.dispatched_at == NOW


def test_two_managers_are_both_told(world):
    make.employee(name="Hana", unit=world.harbour, role="branch")
    alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    assert told() == {"Helen", "Hana"}


def test_where_nobody_holds_the_role_the_nearest_in_charge_above_is_told(world):
    alert_at(world.mill)
    dispatch_alerts(at=NOW)
    assert told() == {"Rosa"}


def test_a_role_held_further_up_is_found_there(world):
    alert_at(world.harbour, audience=["region"])
    dispatch_alerts(at=NOW)
    assert told() == {"Rosa"}


def of_a_desk(world, desk):
    """An alert of Harbour whose matter is that desk's."""
    about = tell.signal(tell.answer(unit=world.harbour, score=3, comment="The fee doubled", customer=world.ines))
    return tell.alert(about, rule=tell.rule(desk=desk, audience=["branch", "employee"]), ticket=tell.ticket(about))


def test_the_desk_whose_matter_it_is_hears_of_it_too_by_mail_without_a_link(world, post_office):
    made = of_a_desk(world, world.station)
    dispatch_alerts(at=NOW)
    assert told() == {"Helen", "Elsa"}
    assert send_due(at=NOW) == {"handed_off": 2}
    linked = {mail["To"]: str(made.ticket.public_id) in "".join(parts(mail)) for mail in post_office.received}
    assert linked == {"helen@example.org": True, "elsa@example.org": False}


def test_where_nobody_at_the_desk_holds_such_a_role_whoever_is_in_charge_of_it_hears(world):
    of_a_desk(world, world.mill)
    dispatch_alerts(at=NOW)
    assert told() == {"Helen", "Rosa"}


def test_the_office_is_told_at_head_office_although_a_region_stands_between(world):
    alert_at(world.harbour, audience=["office"])
    dispatch_alerts(at=NOW)
    assert told() == {"Olivia"}


def test_employee_means_the_one_who_served(world):
    alert_at(world.harbour, audience=["employee", "branch"], employee=world.jonas)
    dispatch_alerts(at=NOW)
    assert told() == {"Jonas", "Helen"}


def test_for_an_employee_who_left_the_manager_is_told(world):
    world.jonas.left_on = date(2026, 11, 24)
    world.jonas.save()
    alert_at(world.harbour, audience=["employee"], employee=world.jonas)
    dispatch_alerts(at=NOW)
    assert told() == {"Helen"}


@pytest.mark.parametrize("change", [{"left_on": date(2026, 11, 1)}, {"email": ""}])
def test_for_a_manager_who_left_or_has_no_address_the_region_is_told(world, change):
    type(world.helen).objects.filter(pk=world.helen.pk).update(**change)
    alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    assert told() == {"Rosa"}


def test_a_manager_whose_login_was_shut_is_not_told(world):
    world.helen.user.is_active = False
    world.helen.user.save()
    alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    assert told() == {"Rosa"}


def test_the_owner_of_the_ticket_is_told_whatever_their_role_with_the_link(world, post_office):
    about = tell.signal(tell.answer(unit=world.harbour, score=3, customer=world.ines))
    made = tell.alert(about, rule=tell.rule(audience=["branch"]), ticket=tell.ticket(about, owner=world.jonas))
    dispatch_alerts(at=NOW)
    assert send_due(at=NOW) == {"handed_off": 2}
    linked = {mail["To"]: str(made.ticket.public_id) in "".join(parts(mail)) for mail in post_office.received}
    assert linked == {"helen@example.org": True, "jonas@example.org": True}


def absent(person, deputy=None):
    Absence.objects.create(
        source="hr", external_id=person.name, employee=person, first_on=NOW.date(), last_on=NOW.date(), deputy=deputy
    )


def test_for_who_is_away_the_deputy_is_told_and_they_are_not(world):
    absent(world.helen, world.jonas)
    alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    assert told() == {"Jonas"}


def test_for_who_is_away_without_a_deputy_who_is_there_the_next_in_charge_is_told(world):
    absent(world.helen, world.jonas)
    absent(world.jonas)
    alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    assert told() == {"Rosa"}


def test_where_everybody_in_charge_is_away_the_nearest_finds_it_when_back(world):
    for person in (world.helen, world.rosa, world.olivia):
        absent(person)
    alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    assert told() == {"Helen"}


def test_the_day_is_that_of_the_unit(world):
    type(world.harbour).objects.filter(pk=world.harbour.pk).update(zone="Pacific/Auckland")
    at = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # 09:00 on the 24th there
    make.employee(name="Hana", unit=world.harbour, role="branch", since=date(2026, 11, 24))
    type(world.helen).objects.filter(pk=world.helen.pk).update(left_on=date(2026, 11, 24))
    alert_at(world.harbour, at=at)
    dispatch_alerts(at=at)
    assert told() == {"Hana"}


def test_an_alert_that_concerns_nobody_is_marked_and_leaves_its_trace(world):
    for person in (world.rosa, world.olivia):
        person.assignments.update(recorded=(None, NOW))
    alert = alert_at(world.mill)
    dispatch_alerts(at=NOW)
    assert not Dispatch.objects.exists()
    assert Event.objects.about(alert).get().what == "alert.nobody_to_tell"
    assert dispatch_alerts(at=NOW) == 0


def test_a_second_run_finds_nothing_to_do(world):
    alert_at(world.harbour)
    assert (dispatch_alerts(at=NOW), dispatch_alerts(at=NOW)) == (1, 0)
    assert Dispatch.objects.count() == 1


def test_later_words_on_the_same_answer_are_not_mailed_again(world):
    alert = alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    type(alert).objects.update(signal=tell.signal(alert.signal.response, text="and why"), dispatched_at=None)
    dispatch_alerts(at=NOW)
    assert Dispatch.objects.count() == 1


def test_an_answer_that_changed_sides_is_mailed_again(world):
    alert = alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    promoter = tell.signal(alert.signal.response, score=9, category="promoter")
    type(alert).objects.update(signal=promoter, dispatched_at=None)
    dispatch_alerts(at=NOW)
    sides = Dispatch.objects.order_by("pk").values_list("signal__category", flat=True)
    assert list(sides) == ["detractor", "promoter"]


@pytest.mark.parametrize("wish", [True, False])
def test_a_wish_to_be_called_or_not_is_mailed_anew(world, wish):
    alert = alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    type(alert).objects.update(signal=tell.signal(alert.signal.response, callback=wish), dispatched_at=None)
    dispatch_alerts(at=NOW)
    told = Dispatch.objects.order_by("pk").values_list("employee__name", "signal__callback")
    assert list(told) == [("Helen", None), ("Helen", wish)]


def test_two_rules_about_one_answer_are_one_mail_and_it_is_the_one_with_the_ticket(world):
    about = tell.signal(tell.answer(unit=world.harbour, score=3, customer=world.ines))
    tell.alert(about, rule=tell.rule())
    with_ticket = tell.alert(about, rule=tell.rule(), ticket=tell.ticket(about))
    assert dispatch_alerts(at=NOW) == 2
    assert Dispatch.objects.get().alert == with_ticket


def test_a_rule_that_is_met_later_tells_only_those_who_do_not_know(world):
    first = alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    tell.alert(tell.signal(first.signal.response, text="and why"), rule=tell.rule(audience=["branch", "region"]))
    dispatch_alerts(at=NOW)
    assert list(Dispatch.objects.order_by("pk").values_list("employee__name", flat=True)) == ["Helen", "Rosa"]


def test_a_person_in_two_roles_gets_one_mail(world):
    alert_at(world.harbour, audience=["branch", "employee"], employee=world.helen)
    dispatch_alerts(at=NOW)
    assert Dispatch.objects.count() == 1


def test_who_is_told_is_read_in_the_same_number_of_queries_for_ten_alerts_and_for_one(world):
    counts = []
    for how_many in (1, 10):
        for _ in range(how_many):
            alert_at(world.harbour)
        with CaptureQueriesContext(connection) as queries:
            dispatch_alerts(at=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_tell_everybody_once():
    world = build_world()
    for _ in range(20):
        alert_at(world.harbour)

    def work(_):
        try:
            return dispatch_alerts(at=NOW, limit=5)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(12)))
    assert Dispatch.objects.values("alert").distinct().count() == Dispatch.objects.count() == 20
