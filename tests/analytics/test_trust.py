"""What a score leaves open on /insights/ and in the API: the silent, chances, late answers, unusual weeks, targets."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.maths.control import Rule, Week
from analytics.maths.nps import Counts
from analytics.maths.scorecards import Period
from analytics.services.charting import first_day, weekly_chart
from analytics.services.filling import fill
from analytics.services.tallying import Cut
from analytics.services.weighing import weighing
from surveys.models import Decision
from tests.analytics.chances import DAY, asked
from tests.factories import analytics as make
from tests.world import NOW

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
Z = 1.959963985


def october(unit):
    return Cut((unit.pk,), Period(date(2026, 10, 1), date(2026, 10, 31)), NOW.date())


def open_page(client, person, **parameters):
    client.force_login(person.user)
    return client.get("/insights/", {**OCTOBER, **parameters})


def text(response):
    return " ".join(response.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())


def spread(detractors, passives, promoters):
    return [3] * detractors + [7] * passives + [10] * promoters


# --- who was asked ---------------------------------------------------------------------------------------------------


@pytest.fixture
def strata(world):
    """Forty who were asked with 1 in 10 and love us, forty with 1 in 2 and do not; 80 more of these stayed silent."""
    asked(world, world.harbour, spread(4, 6, 30), chance=0.1)
    asked(world, world.harbour, spread(20, 10, 10), chance=0.5, hours=30, silent=80)
    fill(at=NOW)


def test_answers_weigh_one_over_the_chance_of_being_asked_in_one_statement(world, strata):
    cut = october(world.harbour)
    assert cut.frame
    with CaptureQueriesContext(connection) as queries:
        found = weighing(cut, z=Z)
    assert len(queries) == 1
    assert (found.n, found.unknown, found.cut, found.raked_to) == (80, 0, 0, [])
    # weights 10 and 2: (10 * (30 - 4) + 2 * (10 - 20)) / (10 * 40 + 2 * 40)
    assert found.weighted.score == pytest.approx(100 * 240 / 480)
    assert found.weighted.raw == pytest.approx(100 * 16 / 80)
    assert found.weighted.n_eff == pytest.approx(480**2 / (40 * 100 + 40 * 4))


def test_late_answers_are_held_against_early_ones(world, strata):
    late = weighing(october(world.harbour), z=Z).lateness
    assert (late.hours, late.early, late.late, late.change.verdict) == (1, (4, 6, 30), (20, 10, 10), "changed")


def test_where_all_had_the_same_chance_there_is_no_second_figure(world):
    asked(world, world.harbour, spread(4, 6, 30), chance=0.3)
    fill(at=NOW)
    assert weighing(october(world.harbour), z=Z).weighted is None


def test_answers_whose_decision_is_gone_are_left_out_and_counted(world, strata):
    Decision.objects.filter(probability=Decimal("0.5")).delete()
    found = weighing(october(world.harbour), z=Z)
    assert (found.unknown, found.weighted) == (40, None)


def test_programs_count_by_their_occasions_where_these_are_known(client, world):
    calls = make.program("calls")
    asked(world, world.harbour, spread(0, 0, 20), chance=1)
    asked(world, world.harbour, spread(20, 0, 0), chance=1, of=calls, barred=60)
    fill(at=NOW)
    found = open_page(client, world.helen).context["insight"].weighing
    assert found.raked_to == ["program"]
    assert found.weighted.score == pytest.approx(100 * (20 - 80) / 100)


def test_the_page_tells_both_scores_the_silent_and_the_late(client, world, strata):
    page = text(open_page(client, world.helen))
    assert "<h1>Score 20, between" in page
    assert "Weighted by the chance of being asked: +50, 95 % " in page
    assert "unweighted +20. 80 answers are worth 55 of equal weight (design effect 1.44)." in page
    assert (
        "50 % of those asked answered. Whatever the others would have said, the score of all lies between −40 and 60"
        in page
    )
    assert "Those who answer late score lower; the silent may well do so too" in page
    assert '<h2 id="h-trust">Late answers differ from early ones</h2>' in page


def test_a_low_response_rate_says_beside_the_score_what_it_leaves_open(client, world):
    asked(world, world.harbour, spread(2, 3, 5), chance=1, silent=190)
    fill(at=NOW)
    page = text(open_page(client, world.helen))
    assert page.count("Hardly anybody of those who were asked answered. 5 % of those asked answered.") == 1


def test_of_answers_collected_elsewhere_nobody_knows_who_was_silent(client, world):
    make.answers(unit=world.harbour, scores=spread(20, 30, 50), on=DAY)
    fill(at=NOW)
    page = text(open_page(client, world.helen))
    assert "How many stayed silent is unknown: answers collected elsewhere are among these." in page
    assert "No answer was to an invitation: with what chance these people were asked is unknown." in page


def test_units_count_by_their_occasions_where_these_are_known_of_all(client, world):
    asked(world, world.harbour, spread(0, 0, 30), chance=1)
    asked(world, world.mill, spread(10, 0, 0), chance=1, barred=20)
    fill(at=NOW)
    insight = open_page(client, world.rosa).context["insight"]
    assert (insight.card.nps, insight.by_occasions.score) == (50.0, pytest.approx(0.0))


# --- a target --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "told"),
    [(20, "Nobody can tell yet whether it is above or below 20 (p 0.24)."),
     (55, "It is below 55, beyond chance (p under 0.001).")],
)  # fmt: skip
def test_a_target_is_answered(client, world, target, told):
    make.answers(unit=world.harbour, scores=spread(20, 30, 50), on=DAY)
    fill(at=NOW)
    assert told in text(open_page(client, world.helen, target=target))


def test_an_impossible_target_is_named(client, world):
    response = open_page(client, world.helen, target="lots")
    assert (response.status_code, "Give a whole number from -100 to 100." in text(response)) == (400, True)


# --- other periods ---------------------------------------------------------------------------------------------------


def test_a_score_is_compared_with_the_days_one_names(client, world):
    make.answers(unit=world.harbour, scores=spread(20, 30, 50), on=DAY)
    make.answers(unit=world.harbour, scores=spread(60, 20, 20), on=date(2025, 10, 10))
    make.answers(unit=world.harbour, scores=spread(0, 0, 30), on=date(2026, 9, 10))
    fill(at=NOW)
    year = {"against_from": "2025-10-01", "against_to": "2025-10-31"}
    page = text(open_page(client, world.helen, **year))
    assert "Changed, was −40" in page
    assert "+68 points against 1 October to 31 October 2025, 95 %" in page
    body = ask(client, world, unit=world.harbour.external_id, **year).json()
    assert (body["before_start"], body["before_end"]) == ("2025-10-01", "2025-10-31")
    assert (body["scores"][0]["previous_nps"], body["scores"][0]["previous_n"]) == (-40.0, 100)


@pytest.mark.parametrize(
    ("first", "last", "field", "told"),
    [("2026-09-15", "2026-10-03", "against_to", "Both periods have 1 October to 3 October 2026 in them, and"),
     ("2026-11-01", "2026-11-02", "against_to", "Choose a period that ends before the first day."),
     ("2026-09-02", "2026-09-01", "against_from", "The first day must not be after the last day."),
     ("2026-09-02", "", "against_to", "Give the first and the last day to compare with."),
     ("1999-09-02", "2026-09-01", "against_from", "A period may have at most 3660 days.")],
)  # fmt: skip
def test_periods_that_overlap_are_refused_on_the_page_and_in_the_api(client, world, first, last, field, told):
    asked_for = {"against_from": first, "against_to": last}
    response = open_page(client, world.helen, **asked_for)
    assert (response.status_code, told in text(response)) == (400, True)
    response = ask(client, world, **asked_for)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["field"], error["message"].startswith(told)) == (422, field, True)


# --- unusual weeks ---------------------------------------------------------------------------------------------------


def test_a_chart_begins_on_the_first_monday_of_the_quarter_two_before():
    assert first_day(date(2026, 10, 31)) == date(2026, 4, 6)
    assert first_day(date(2026, 12, 31)) == date(2026, 4, 6)
    assert first_day(date(2027, 1, 1)) == date(2026, 7, 6)
    assert first_day(date(2026, 3, 1)) == date(2025, 7, 7)


def weeks_of(world, number, scores, start=date(2026, 4, 8)):
    for week in range(number):
        make.answers(unit=world.harbour, scores=scores[week % 2], on=start + timedelta(weeks=week))


QUIET = [spread(5, 7, 13), spread(6, 8, 11)]


def test_the_page_says_since_when_nothing_was_unusual_and_which_week_was(client, world):
    weeks_of(world, 30, QUIET)
    fill(at=NOW)
    assert '<h2 id="h-control">Nothing unusual since 29 June 2026</h2>' in text(open_page(client, world.helen))
    make.answers(unit=world.harbour, scores=[2] * 25, on=date(2026, 7, 29))
    fill(at=NOW)
    response = open_page(client, world.helen)
    (signal,) = response.context["insight"].control.signals
    assert (signal.week.period, signal.rule) == (Period(date(2026, 7, 27), date(2026, 8, 2)), Rule.BEYOND)
    assert '27 Jul</span><br><span class="small">beyond the limits, below +26</span>' in text(response)
    assert "Unusual: in the week of 27 July to 2 August 2026, score −34 where" in text(response)


def test_the_running_week_is_not_judged_and_a_break_begins_anew(world):
    weeks_of(world, 34, QUIET)
    fill(at=NOW)
    cut = Cut((world.harbour.pk,), Period(date(2026, 4, 1), NOW.date()), NOW.date())
    assert weekly_chart(cut, end=NOW.date()).points[-1].week.period.end == date(2026, 11, 22)
    anew = weekly_chart(cut, end=NOW.date(), breaks=[date(2026, 6, 10)])
    assert anew.points[0].week == Week(Period(date(2026, 6, 15), date(2026, 6, 21)), Counts(5, 7, 13))
    assert weekly_chart(cut, end=NOW.date(), breaks=[date(2026, 10, 1)]) is None


def test_before_twelve_weeks_the_page_says_that_it_is_too_early(client, world):
    weeks_of(world, 6, QUIET, start=date(2026, 9, 16))
    fill(at=NOW)
    page = text(open_page(client, world.helen))
    assert "Too early to say what is unusual" in page
    assert 'data-figure="control"' not in page


# --- the API ---------------------------------------------------------------------------------------------------------


def ask(client, world, **parameters):
    headers = {"Authorization": f"Bearer {world.crm_secret}"}
    return client.get("/api/v1/scores", {**OCTOBER, **parameters}, headers=headers)


def test_the_api_carries_bounds_target_and_if_asked_weights(client, world, strata):
    unit = world.harbour.external_id
    body = ask(client, world, unit=unit, target=40, weigh=1).json()
    (score,) = body["scores"]
    assert score["bounds"] == {"low": pytest.approx(-40.0), "high": pytest.approx(60.0)}
    assert (score["target"]["verdict"], score["running"], score["place"]) == ("below", False, None)
    found = body["weighing"]
    assert (found["n"], found["raked_to"], found["weighted"]["nps"]) == (80, [], pytest.approx(50.0))
    assert (found["weighted"]["unweighted"], found["weighted"]["n"]) == (pytest.approx(20.0), 80)
    assert found["weighted"]["effective_n"] == pytest.approx(55.3846, abs=1e-4)
    assert (found["lateness"]["early_n"], found["lateness"]["change"]["verdict"]) == (40, "changed")
    assert ask(client, world, unit=unit).json()["weighing"] is None


def test_units_have_the_places_they_could_have(client, world):
    make.answers(unit=world.harbour, scores=spread(10, 20, 70), on=DAY)
    make.answers(unit=world.mill, scores=spread(70, 20, 10), on=DAY)
    fill(at=NOW)
    scores = ask(client, world, unit=world.north.external_id, by="unit").json()["scores"]
    assert [(each["label"], each["place"]) for each in scores] == [
        ("Harbour", {"best": 1, "worst": 1, "of": 2}), ("Mill", {"best": 2, "worst": 2, "of": 2}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "field", "message"),
    [({"target": "101"}, "target", "Give a whole number from -100 to 100."),
     ({"weigh": "maybe"}, "weigh", "Give 1 or 0."),
     ({"weigh": "1", "by": "unit"}, "weigh", "One score is weighed, not its parts: leave out by.")],
)  # fmt: skip
def test_what_the_api_cannot_do_is_named(client, world, parameters, field, message):
    response = ask(client, world, **parameters)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["field"], error["message"]) == (422, field, message)
