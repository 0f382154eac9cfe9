"""The page /insights/."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.charts.trend import trend
from analytics.maths.nps import Counts
from analytics.maths.scorecards import Period, ScoreCard
from analytics.services.filling import fill
from common.models import Event
from surveys.models import Reason
from tests.analytics.test_scoring import region_of
from tests.factories import analytics as make
from tests.world import NOW

DAY = date(2026, 10, 10)
OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}


@pytest.fixture
def answers(world):
    make.answers(unit=world.harbour, scores=[3] * 20 + [7] * 30 + [10] * 50, on=DAY, comment="It took too long.")
    make.answers(unit=world.station, scores=[9] * 12, on=DAY, comment="Said at the station.")
    make.decisions(unit=world.harbour, customer=world.ines, reasons={Reason.ASKED: 1, Reason.QUARANTINED: 3}, on=DAY)
    fill(at=NOW)


def open_page(client, person, **parameters):
    client.force_login(person.user if hasattr(person, "user") else person)
    return client.get("/insights/", {**OCTOBER, **parameters})


def text(response):
    return " ".join(response.content.decode().split())


def test_a_manager_reads_the_finding_in_the_title(client, world, answers):
    page = text(open_page(client, world.helen))
    assert "<h1>Score 30, between 14 and 44</h1>" in page
    assert "response rate unknown · coverage 25 %" in page
    assert "100 of the answers were collected elsewhere" in page
    assert "asked recently 3" in page


def test_the_page_opens_on_the_highest_unit_in_sight(client, world, answers):
    assert open_page(client, world.rosa).context["insight"].unit == world.north
    assert open_page(client, world.operator).context["insight"].unit == world.head_office


def test_units_below_are_ranked_with_those_too_small_last(client, world, answers):
    units = open_page(client, world.operator).context["insight"].units
    assert [(card.label, card.n) for card in units] == [("North", 100), ("South", 12)]


def test_somebody_elsewhere_sees_none_of_it(client, world, answers):
    assert open_page(client, world.elsa, unit=world.harbour.pk).status_code == 404
    page = text(open_page(client, world.elsa))
    assert "Said at the station." in page
    assert "It took too long." not in page
    assert "Harbour" not in page


def test_an_employee_who_leads_nothing_is_told_so(client, world, answers):
    assert open_page(client, world.jonas).status_code == 403


def test_nobody_signed_in_is_sent_to_the_sign_in(client, world):
    assert client.get("/insights/").headers["Location"] == "/login/?next=/insights/"


def test_without_answers_the_page_says_what_to_do(client, world):
    page = text(open_page(client, world.helen))
    assert "<h1>No answers in this period</h1>" in page
    assert "Choose a longer period" in page
    assert "data-figure" not in page


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"from": "soon"}, "From: Give a date such as 2026-11-22."), ({"unit": "x"}, "Unit: Enter a whole number."),
     ({"program": "nope"}, "Program: There is no program with this code.")],
)  # fmt: skip
def test_a_wrong_filter_is_named(client, world, answers, parameters, message):
    response = open_page(client, world.helen, **parameters)
    assert response.status_code == 400
    assert message in text(response)
    assert "It took too long." not in text(response)


def test_a_hostile_comment_is_shown_as_text(client, world):
    make.answers(unit=world.harbour, scores=[3], on=DAY, comment="</script><script>alert(1)</script>")
    fill(at=NOW)
    page = text(open_page(client, world.helen))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_filters_are_kept_in_the_links_to_parts(client, world, answers):
    page = text(open_page(client, world.operator, as_of="is"))
    assert f'href="?from=2026-10-01&amp;to=2026-10-31&amp;as_of=is&amp;unit={world.north.pk}"' in page


@pytest.mark.parametrize("number", [10, 200])
def test_the_page_costs_the_same_queries_for_any_number_of_units(client, world, number):
    region_of(world, number)
    client.force_login(world.olivia.user)
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/insights/", {**OCTOBER, "unit": world.south.pk})
    assert response.status_code == 200
    assert len(queries) == 33


def month(label, counts):
    return ScoreCard(label, label, Period(DAY, DAY + timedelta(days=30)), Counts(*counts))


def test_the_chart_has_a_gap_where_there_are_too_few_answers():
    cards = [month("Aug", (10, 10, 20)), month("Sep", (1, 1, 1)), month("Oct", (5, 5, 10))]
    figure = trend(cards)
    assert figure["data"][-1]["y"] == [25.0, None, 25.0]
    assert [shape["x"] for shape in figure["data"][:-1]] == [["Aug", "Aug"], ["Oct", "Oct"]]
    assert figure["data"][-1]["marker"]["color"] == ["var(--accent)", "var(--card)", "var(--card)"]


def test_the_chart_marks_the_month_in_which_the_series_breaks():
    cards = [replace(month(name, (5, 5, 10)), period=Period(day, day + timedelta(days=30))) for name, day in (
        ("Aug", date(2026, 8, 1)), ("Sep", date(2026, 9, 1)))]  # fmt: skip
    (mark,) = trend(cards, [date(2026, 9, 12)])["layout"]["shapes"]
    assert (mark["x0"], mark["x1"], mark["line"]["dash"]) == ("Sep", "Sep", "dash")
    assert "shapes" not in trend(cards, [date(2026, 10, 12)])["layout"]


def test_the_charts_axis_is_at_least_forty_points_high():
    low, high = trend([month("Aug", (1000, 3000, 6000))])["layout"]["yaxis"]["range"]
    assert high - low == pytest.approx(40)
    assert trend([])["layout"]["yaxis"]["range"] == [-55, 55]


def test_the_chart_names_a_dozen_months_at_most_and_each_year_once():
    starts = [date(2024 + number // 12, 1 + number % 12, 1) for number in range(30)]
    axis = trend([replace(month(f"{day:%Y-%m}", (1, 1, 1)), period=Period(day, day)) for day in starts])["layout"][
        "xaxis"
    ]
    years = ["Jan<br>2024", "Apr", "Jul", "Oct", "Jan<br>2025", "Apr", "Jul", "Oct", "Jan<br>2026", "Apr"]
    assert axis["ticktext"] == years
    assert axis["tickvals"][:2] == ["2024-01", "2024-04"]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_tables_of_the_page_come_as_a_file_and_the_trail_keeps_who_took_it(client, world, answers, file_format):
    response = open_page(client, world.operator, format=file_format)
    assert response["Content-Disposition"].endswith(f'.{file_format}"')
    assert b"".join(response.streaming_content)
    event = Event.objects.get(what="insights.exported")
    assert (event.subject_id, event.by, event.data["format"]) == (
        str(world.head_office.pk),
        world.operator,
        file_format,
    )


def test_the_file_has_the_figures_of_the_page_and_no_more_units_than_it(client, world, answers):
    body = b"".join(open_page(client, world.rosa, format="csv").streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [(row["Table"], row["Name"], row["n"]) for row in rows if "unit" in row["Table"]] == [
        ("unit", "North", "100"), ("units below", "Harbour", "100"), ("units below", "Mill", "0"),
    ]  # fmt: skip
    assert (rows[0]["Score"], rows[0]["Promoters"], rows[0]["Detractors"]) == ("30.0", "50", "20")
    assert "Station" not in body


def test_an_odd_format_is_named(client, world, answers):
    response = open_page(client, world.operator, format="pdf")
    assert (response.status_code, "Give csv or xlsx." in text(response)) == (400, True)
