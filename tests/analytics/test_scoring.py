"""Score cards: analytics.services.scoring."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext

from analytics.maths.intervals import adjusted_wald
from analytics.maths.nps import Counts
from analytics.maths.rounding import signed
from analytics.maths.scorecards import Period, ScoreCard, Shown
from analytics.services.filling import fill
from analytics.services.scoring import View, headline, months_of, score_card, score_cards, score_cards_by
from analytics.wording import title, verdict
from crm.models import OrgUnit, UnitClosure
from surveys.models import Message, Reason
from tests.factories import analytics as make
from tests.factories import crm as make_crm
from tests.world import NOW

START, END = date(2026, 10, 1), date(2026, 10, 31)
CHANNELS = Path(__file__).resolve().parents[3] / "shared" / "data" / "nps_channels_scores"
DAY, BEFORE = date(2026, 10, 10), date(2026, 9, 10)
OCTOBER = {"start": START, "end": END, "at": NOW}


def spread(detractors, passives, promoters):
    return [3] * detractors + [7] * passives + [10] * promoters


def answer(unit, scores, on=DAY, **fields):
    make.answers(unit=unit, scores=scores, on=on, **fields)
    fill(at=NOW)


def test_a_unit_has_its_score_with_the_interval_of_its_counts(world):
    answer(world.harbour, spread(20, 30, 50))
    card = score_card(principal=world.helen.user, unit=world.harbour, **OCTOBER)
    assert (card.n, card.counts, card.nps) == (100, (20, 30, 50), 30.0)
    assert (card.low, card.high) == adjusted_wald(Counts(20, 30, 50))


def test_a_region_pools_its_subtree(world):
    answer(world.harbour, spread(0, 0, 10))
    answer(world.mill, spread(10, 0, 0))
    answer(world.station, spread(5, 0, 0))
    assert score_card(principal=world.rosa.user, unit=world.north, **OCTOBER).counts == (10, 0, 10)
    assert score_card(principal=world.olivia.user, unit=world.head_office, **OCTOBER).counts == (15, 0, 10)


@pytest.mark.parametrize("who", ["elsa", "jonas"])
def test_who_is_elsewhere_or_leads_nothing_sees_no_score(world, who):
    answer(world.harbour, spread(1, 1, 1))
    with pytest.raises(OrgUnit.DoesNotExist):
        score_card(principal=getattr(world, who).user, unit=world.harbour, **OCTOBER)
    with pytest.raises(OrgUnit.DoesNotExist):
        score_cards_by("program", principal=getattr(world, who).user, unit=world.harbour, **OCTOBER)


def test_units_out_of_sight_are_left_out(world):
    cards = score_cards(principal=world.station_key, units=[world.harbour, world.station], **OCTOBER)
    assert list(cards) == [world.station.pk]


def test_days_outside_the_period_do_not_count(world):
    for day in (START, END, START - timedelta(days=1), END + timedelta(days=1)):
        answer(world.harbour, [10], on=day)
    assert score_card(principal=world.operator, unit=world.harbour, **OCTOBER).n == 2


def move_harbour_to_south(world, on):
    """What crm.services.placing leaves in the closure."""
    old = UnitClosure.objects.filter(descendant=world.harbour, ancestor=world.north)
    old.update(valid=DateRange(date(2020, 1, 1), on))
    UnitClosure.objects.create(
        hierarchy=world.hierarchy, ancestor=world.south, descendant=world.harbour, depth=1, valid=DateRange(on, None)
    )


def test_as_was_leaves_answers_where_the_branch_stood_and_as_is_moves_them(world):
    answer(world.harbour, [10] * 3, on=date(2026, 10, 5))
    answer(world.harbour, [10] * 4, on=date(2026, 10, 25))
    move_harbour_to_south(world, date(2026, 10, 20))
    units = [world.north, world.south, world.harbour]
    was = score_cards(principal=world.operator, units=units, view=View.as_was(), **OCTOBER)
    now = score_cards(principal=world.operator, units=units, view=View.as_is(), **OCTOBER)
    assert [card.n for card in was.values()] == [3, 4, 7]
    assert [card.n for card in now.values()] == [0, 7, 7]


def test_what_a_person_may_see_follows_todays_placement_even_for_the_past(world):
    answer(world.harbour, [10] * 3, on=date(2026, 10, 5))
    move_harbour_to_south(world, date(2026, 10, 20))
    with pytest.raises(OrgUnit.DoesNotExist):
        score_card(principal=world.rosa.user, unit=world.harbour, **OCTOBER)
    below = score_cards_by("unit", principal=world.rosa.user, unit=world.north, **OCTOBER)
    assert [card.label for card in below] == ["Mill"]


def test_programs_and_channels_are_parts_of_the_whole(world):
    calls = make.program("calls")
    answer(world.harbour, spread(1, 0, 4), channel="link")
    answer(world.mill, spread(2, 0, 1), of=calls)
    ask = {"principal": world.rosa.user, "unit": world.north, **OCTOBER}
    assert [(c.key, c.label, c.n) for c in score_cards_by("program", **ask)] == [
        ("branch-visits", "Branch visits", 5),
        ("calls", "Calls", 3),
    ]
    assert [(c.key, c.n) for c in score_cards_by("channel", **ask)] == [("link", 5), ("email", 3)]
    assert score_card(program=calls, **ask).n == 3
    assert score_card(channel="link", **ask).n == 5


def test_the_trend_names_every_month_even_an_empty_one(world):
    answer(world.harbour, [10] * 2, on=date(2026, 8, 15))
    answer(world.harbour, [10] * 3, on=DAY)
    ask = {"principal": world.helen.user, "unit": world.harbour, "start": date(2026, 8, 10), "end": END, "at": NOW}
    assert [(c.key, c.n) for c in score_cards_by("month", **ask)] == [("2026-08", 2), ("2026-09", 0), ("2026-10", 3)]


def test_a_period_is_cut_into_calendar_months():
    months = months_of(Period(date(2025, 12, 30), date(2026, 2, 1)))
    assert [(m.start.isoformat(), m.end.isoformat()) for m in months] == [
        ("2025-12-30", "2025-12-31"), ("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-01"),
    ]  # fmt: skip


def test_the_period_before_has_as_many_days_and_no_day_in_common():
    assert Period(START, END).previous == Period(date(2026, 8, 31), date(2026, 9, 30))


def test_a_change_that_chance_could_make_is_called_not_detectable(world):
    answer(world.harbour, spread(28, 32, 40))
    answer(world.harbour, spread(20, 30, 50), on=BEFORE)
    card = score_card(principal=world.helen.user, unit=world.harbour, **OCTOBER)
    assert (card.nps, card.previous_nps, card.verdict) == (12.0, 30.0, "not detectable")
    assert verdict(card) == {"kind": "same", "text": "Not detectable, was +30"}


def test_a_change_beyond_chance_is_called_changed(world):
    answer(world.harbour, spread(60, 20, 20))
    answer(world.harbour, spread(20, 30, 50), on=BEFORE)
    card = score_card(principal=world.helen.user, unit=world.harbour, **OCTOBER)
    assert card.verdict == "changed"
    assert title(card) == "Score −40, between −54 and −23; down from 30"


def card_of(counts, previous=None):
    return ScoreCard("1", "Harbour", Period(START, END), Counts(*counts), previous=previous)


@pytest.mark.parametrize(
    ("counts", "shown", "score"),
    [((0, 0, 0), Shown.NOTHING, False), ((2, 1, 1), Shown.NOTHING, False), ((2, 1, 2), Shown.COUNTS, False),
     ((3, 3, 3), Shown.COUNTS, False), ((3, 3, 4), Shown.FAINT, True), ((9, 10, 10), Shown.FAINT, True),
     ((10, 10, 10), Shown.FULL, True)],
)  # fmt: skip
def test_how_few_answers_show_how_little(counts, shown, score):
    card = card_of(counts)
    assert card.shown is shown
    assert (card.nps is not None) is (card.interval is not None) is (card.low is not None) is score
    assert (card.visible_counts is None) is (shown is Shown.NOTHING)


def test_under_ten_answers_on_either_side_nothing_is_compared():
    assert card_of((0, 0, 9), Counts(10, 10, 10)).verdict is None
    assert card_of((10, 10, 10), Counts(0, 0, 9)).verdict is None


@pytest.mark.parametrize(
    ("counts", "said"),
    [((0, 0, 0), "No answers in this period"), ((1, 0, 0), "1 answer: too few to show"),
     ((1, 2, 3), "6 answers, too few for a score: 3 promoters, 2 passives, 1 detractors"),
     ((20, 30, 50), "Score 30, between 14 and 44")],
)  # fmt: skip
def test_the_title_says_the_finding(counts, said):
    assert title(card_of(counts)) == said


def test_the_title_says_that_nothing_changed_detectably():
    card = card_of((15, 35, 50), Counts(16, 34, 50))
    assert title(card) == "Score 35, between 20 and 48; not detectably changed"


def test_the_response_rate_counts_answers_with_a_score_among_all_invitations_that_went_out(world):
    asked = make.invitations(unit=world.harbour, customer=world.ines, number=8, on=DAY)
    make.answered(asked[0], 9)
    make.answered(asked[1], None)
    unsent(asked[2], "pending")
    unsent(asked[3], "cancelled")
    unsent(asked[4], "failed")
    card = score_card(principal=world.helen.user, unit=world.harbour, **OCTOBER)
    assert (card.asking.answered, card.asking.invited) == (1, 6)
    assert card.response_rate == pytest.approx(1 / 6)


def unsent(invitation, state):
    Message.objects.create(invitation=invitation, created_at=NOW, due_at=NOW, state=state)


def test_coverage_counts_invited_among_occasions_the_program_is_about(world):
    reasons = {Reason.ASKED: 3, Reason.QUARANTINED: 4, Reason.NOT_DRAWN: 5, Reason.NOT_ELIGIBLE: 6}
    make.decisions(unit=world.harbour, customer=world.ines, reasons=reasons, on=DAY)
    card = score_card(principal=world.rosa.user, unit=world.north, **OCTOBER)
    assert (card.asking.asked, card.asking.eligible, card.coverage) == (3, 12, 0.25)
    assert card.asking.reasons == {"quarantined": 4, "not_drawn": 5}


def test_of_answers_collected_elsewhere_response_rate_and_coverage_are_unknown(world):
    answer(world.harbour, spread(10, 10, 10))
    card = score_card(principal=world.helen.user, unit=world.harbour, **OCTOBER)
    assert (card.loaded, card.response_rate, card.coverage) == (30, None, None)


def test_rates_are_of_those_asked_and_the_loaded_answers_are_told(world):
    asked = make.invitations(unit=world.harbour, customer=world.ines, number=2, on=DAY)
    make.answered(asked[0], 9)
    answer(world.harbour, [9] * 5)
    card = score_card(principal=world.helen.user, unit=world.harbour, **OCTOBER)
    assert (card.n, card.loaded, card.response_rate) == (6, 5, 0.5)


def test_asking_is_told_by_month_program_and_channel(world):
    reasons = {Reason.ASKED: 3, Reason.QUARANTINED: 1}
    make.decisions(unit=world.harbour, customer=world.ines, reasons=reasons, on=DAY)
    make.invitations(unit=world.harbour, customer=world.ines, number=3, on=DAY)
    for by, key in (("month", "2026-10"), ("program", "branch-visits"), ("channel", "email")):
        (card,) = score_cards_by(by, principal=world.helen.user, unit=world.harbour, **OCTOBER)
        assert (card.key, card.coverage, card.response_rate) == (key, 0.75, 0.0)


def test_the_headline_is_of_the_highest_units_in_sight(world):
    answer(world.harbour, [10] * 4)
    assert [card.label for card in headline(world.operator, NOW)] == ["Head office"]
    assert [(card.label, card.n) for card in headline(world.helen.user, NOW)] == [("Harbour", 4)]
    assert headline(world.jonas.user, NOW) == []


def region_of(world, number):
    units = [make_crm.unit(name=f"Branch {i}", calendar=world.calendar) for i in range(number)]
    valid = DateRange(date(2020, 1, 1), None)
    for unit in units:
        for ancestor, depth in ((unit, 0), (world.south, 1), (world.head_office, 2)):
            UnitClosure.objects.create(
                hierarchy=world.hierarchy, ancestor=ancestor, descendant=unit, depth=depth, valid=valid
            )
        make.answers(unit=unit, scores=[9], on=DAY)
    fill(at=datetime.now(UTC))


@pytest.mark.parametrize("number", [10, 200])
def test_any_number_of_units_costs_the_same_queries(world, number):
    region_of(world, number)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        cards = score_cards_by("unit", principal=world.olivia.user, unit=world.south, **OCTOBER)
    assert len(cards) == number + 1
    assert sum(card.n for card in cards) == number
    assert len(queries) == 9


@pytest.mark.shared
def test_three_real_channels_score_what_their_files_say(world):
    if not CHANNELS.exists():
        pytest.skip("../shared/data is not here")
    for channel in ("mobile", "email", "web"):
        with (CHANNELS / f"nps_{channel}.csv").open() as file:
            scores = [int(row["nps_rating"]) for row in csv.DictReader(file)]
        make.answers(unit=world.harbour, scores=scores, on=DAY, channel=channel)
    fill(at=NOW)
    cards = score_cards_by("channel", principal=world.helen.user, unit=world.harbour, **OCTOBER)
    assert {c.key: signed(c.nps, 2) for c in cards} == {"email": "+18.60", "mobile": "−14.71", "web": "+22.10"}
