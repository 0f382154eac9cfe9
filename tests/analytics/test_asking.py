"""The page /insights/asking/: who is asked, and why not, by unit, program and employee."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analytics.maths.asking import Share, p_value, stand_out
from common.models import Event
from surveys.models import Decision, Reason
from tests.factories import analytics as make
from tests.factories import crm

DAY = date(2026, 10, 10)
OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}


def served(world, employee, reasons, unit=None):
    """Decisions about occasions that an employee had a part in."""
    before = set(Decision.objects.values_list("pk", flat=True))
    make.decisions(unit=unit or world.harbour, customer=world.ines, reasons=reasons, on=DAY)
    Decision.objects.exclude(pk__in=before).update(employee=employee)


@pytest.fixture
def analyst(world):
    return crm.employee(name="Ada", unit=world.north, role="analyst")


def ask(client, person, **parameters):
    client.force_login(person.user)
    return client.get("/insights/asking/", {**OCTOBER, **parameters})


def text(response):
    return " ".join(response.content.decode().split())


def test_the_title_says_how_many_were_asked_and_why_most_of_the_others_were_not(client, world, analyst):
    served(world, world.jonas, {Reason.ASKED: 4, Reason.NOT_DRAWN: 12, Reason.ON_HOLD: 4, Reason.NOT_ELIGIBLE: 7})
    page = text(ask(client, analyst))
    assert (
        "<h1>20 % of the occasions were asked about; left out most often: not in the random sample, 60 %</h1>" in page
    )
    assert "4 of 20 occasions; 7 more were none of the programs’ business." in page


def test_who_is_asked_about_less_than_the_rest_stands_out_and_comes_first(client, world, analyst):
    selective = crm.employee(name="Sly", unit=world.harbour, role="employee")
    served(world, selective, {Reason.ASKED: 20, Reason.NO_ADDRESS: 80})
    served(world, world.jonas, {Reason.ASKED: 190, Reason.NOT_DRAWN: 210})
    report = ask(client, analyst).context["report"]
    assert [(row.label, row.stands_out) for row in report.employees] == [("Sly", True), (world.jonas.name, True)]
    assert (report.employees[0].share.asked, report.employees[0].n) == (20, 100)
    assert report.employees[0].main_reason == ("no usable address on the program's channel", 80)


def test_a_difference_that_chance_explains_does_not_stand_out():
    parts = {"a": Share(10, 20), "b": Share(14, 20), "c": Share(96, 200)}
    assert stand_out(parts, Share(120, 240)) == set()


def test_the_test_of_two_shares_is_the_pooled_one():
    assert p_value(Share(10, 100), Share(20, 100)) == pytest.approx(0.0477, abs=1e-4)
    assert p_value(Share(0, 10), Share(0, 20)) == 1.0


def test_wilsons_interval_stands_with_the_share():
    share = Share(20, 100)
    assert share.low == pytest.approx(0.1334, abs=1e-4)
    assert share.high == pytest.approx(0.2888, abs=1e-4)
    assert Share(0, 0).low is None


def test_units_below_and_programs_have_their_own_share(client, world):
    served(world, None, {Reason.ASKED: 1, Reason.QUARANTINED: 3})
    served(world, None, {Reason.ASKED: 3, Reason.QUARANTINED: 1}, unit=world.station)
    report = ask(client, world.olivia).context["report"]
    assert [(row.label, row.share.asked, row.n) for row in report.units] == [("North", 1, 4), ("South", 3, 4)]
    assert [(row.label, row.n) for row in report.programs] == [("Branch visits", 8)]


def test_elsewhere_nothing_of_it_is_seen_and_without_the_function_nothing_at_all(client, world):
    served(world, world.jonas, {Reason.ASKED: 4})
    elsewhere = crm.employee(name="Bo", unit=world.station, role="analyst")
    assert ask(client, elsewhere).context["report"].whole.n == 0
    assert ask(client, elsewhere, unit=world.harbour.pk).status_code == 404
    assert ask(client, world.helen).status_code == 404


def test_an_employee_out_of_sight_is_counted_and_not_named(client, world, analyst):
    other = crm.employee(name="Otto", unit=world.station, role="employee")
    served(world, other, {Reason.ASKED: 5})
    reply = ask(client, analyst)
    assert (reply.context["report"].whole.n, reply.context["report"].employees) == (5, [])
    assert "Otto" not in text(reply)


def test_a_units_page_says_in_short_what_the_page_counts_and_leads_there(client, world):
    today, reasons = timezone.now().date(), {Reason.ASKED: 4, Reason.NOT_DRAWN: 16, Reason.NOT_ELIGIBLE: 7}
    make.decisions(unit=world.harbour, customer=world.ines, reasons=reasons, on=today)
    client.force_login(world.olivia.user)
    page = text(client.get(reverse("admin:crm_orgunit_change", args=[world.north.pk])))
    assert "<b>20 % of the occasions were asked about; left out most often: not in the random sample, 80 %.</b>" in page
    address = f"/insights/asking/?unit={world.north.pk}&from={today - timedelta(days=29)}&to={today}"
    assert f'<a href="{address}">'.replace("&", "&amp;") in page
    assert "<h1>20 % of the occasions were asked about" in text(client.get(address))


def test_a_wrong_filter_is_named(client, world):
    reply = ask(client, world.olivia, program="no-such")
    assert reply.status_code == 400
    assert "There is no program with this code." in text(reply)


def test_the_file_has_a_line_for_each_reason(client, world, analyst):
    served(world, world.jonas, {Reason.ASKED: 1, Reason.ON_HOLD: 3})
    reply = ask(client, analyst, format="csv", unit=world.harbour.pk)
    lines = list(csv.reader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))
    employee = [line for line in lines if line[0] == "employee"]
    assert [(line[2], line[3], line[4], line[8], line[10]) for line in employee] == [
        (world.jonas.name, "4", "0.25", "asked", "1"),
        (world.jonas.name, "4", "0.25", "on_hold", "3"),
    ]
    event = Event.objects.get(what="asking.exported")
    assert event.data == {"rows": 6, "format": "csv"}


def test_a_line_opens_its_rows_in_the_console(client, world):
    served(world, world.jonas, {Reason.ASKED: 2, Reason.ON_HOLD: 3})
    served(world, None, {Reason.ON_HOLD: 1}, unit=world.station)
    client.force_login(world.olivia.user)
    where = {"reason__exact": "on_hold", "occasion_day__gte": "2026-10-01", "occasion_day__lte": "2026-10-31"}
    for unit, number in ((world.north, 3), (world.head_office, 4), (world.station, 1)):
        page = client.get("/admin/surveys/decision/", {**where, "below": unit.pk})
        assert (page.status_code, len(page.context["cl"].result_list)) == (200, number)
    mine = client.get("/admin/surveys/decision/", {"employee__id__exact": world.jonas.pk, **where})
    assert len(mine.context["cl"].result_list) == 3
    assert client.get("/admin/surveys/decision/", {"below": "x"}).status_code == 200


def test_the_page_costs_the_same_for_ten_rows_and_for_two_hundred(client, world):
    counts = []
    for number in (10, 200):
        for _ in range(number // 10):
            served(world, crm.employee(name="E", unit=world.harbour, role="employee"), {Reason.ASKED: 10})
        ask(client, world.olivia)
        with CaptureQueriesContext(connection) as queries:
            ask(client, world.olivia)
        counts.append(len(queries))
    assert counts[0] == counts[1]
