"""Reports as it was, as it is, as of a day, as known then: what a reorganization does to scores, on page and API."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from analytics.services.filling import fill
from analytics.services.scoring import View, score_card, score_cards, score_cards_by
from analytics.services.worth.comparing import offer_report
from crm.heirs import draw
from crm.models import CustomerOffer, Hierarchy, Offer, OfferOutcome
from crm.services.organization.succeeding import divide_unit, merge_units
from crm.services.placing import place
from tests.api import Caller
from tests.factories import analytics as make
from tests.factories import crm as make_crm
from tests.world import NOW

BEFORE, ON, AFTER = date(2026, 10, 5), date(2026, 10, 10), date(2026, 10, 15)
OCTOBER = {"start": date(2026, 10, 1), "end": date(2026, 10, 31), "at": NOW}
HALF = Decimal("0.5")


def answer(unit, number, on, **fields):
    rows = make.answers(unit=unit, scores=[10] * number, on=on, **fields)
    fill(at=NOW)
    return rows


def counted(world, view, *units):
    cards = score_cards(principal=world.operator, units=units, view=view, **OCTOBER)
    return [card.n for card in cards.values()]


def test_as_of_a_day_every_answer_counts_where_its_unit_stood_then(world):
    answer(world.harbour, 3, BEFORE)
    answer(world.harbour, 4, AFTER)
    place(unit=world.harbour, parent=world.south, since=ON, at=NOW)
    regions = world.north, world.south
    assert counted(world, View.as_was(), *regions) == [3, 4]
    assert counted(world, View.as_is(), *regions) == [0, 7]
    assert counted(world, View.as_of(BEFORE), *regions) == [7, 0]
    assert counted(world, View.as_of(AFTER), *regions) == [0, 7]


def test_what_was_reported_before_a_correction_can_be_had_again(world):
    answer(world.harbour, 5, AFTER)
    place(unit=world.harbour, parent=world.south, since=ON, at=NOW)
    for view in (View.as_was, View.as_is):
        assert counted(world, view(known_at=NOW - timedelta(hours=1)), world.north, world.south) == [5, 0]
        assert counted(world, view(), world.north, world.south) == [0, 5]


def test_a_merged_unit_brings_its_history_along(world):
    answer(world.harbour, 5, BEFORE)
    answer(world.mill, 2, AFTER)
    merge_units(units=[world.harbour], into=world.mill, on=ON, at=NOW)
    assert counted(world, View.as_was(), world.harbour, world.mill) == [5, 2]
    assert counted(world, View.as_is(), world.mill) == [7]
    assert counted(world, View.as_of(BEFORE), world.harbour, world.mill) == [5, 2]


def test_each_customer_of_a_divided_unit_counts_for_one_heir(world):
    people = [make_crm.customer() for _ in range(20)]
    for person in people:
        make.answers(unit=world.harbour, scores=[10, 2], on=BEFORE, customer=person)
    fill(at=NOW)
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=ON, at=NOW)
    low = sum(draw(world.harbour.pk, str(person.pk)) < 2**31 for person in people)
    found = counted(world, View.as_is(), world.mill, world.station, world.head_office)
    assert found == [2 * low, 40 - 2 * low, 40]
    assert counted(world, View.as_was(), world.harbour, world.mill) == [40, 0]


def test_what_a_unit_does_after_giving_a_part_away_stays_with_it(world):
    answer(world.harbour, 12, AFTER)
    divide_unit(unit=world.harbour, heirs={world.harbour: HALF, world.mill: HALF}, on=ON, at=NOW)
    assert counted(world, View.as_is(), world.harbour, world.mill) == [12, 0]


def test_offers_are_read_from_the_point_of_view_that_is_asked_for(world):
    gold = Offer.objects.create(external_id="gold", name="Gold card", say="A card.", holdout=HALF)
    person = make_crm.customer(unit=world.harbour)
    drawn = {"arm": "offered", "assigned_at": NOW - timedelta(days=90), "as_of": NOW}
    CustomerOffer.objects.create(source="crm", external_id="x", customer=person, offer=gold, **drawn)
    visit = make_crm.interaction(kind=world.visit, customer=person, unit=world.harbour, external_id="v-gold")
    at = datetime(2026, 10, 5, 12, tzinfo=UTC)
    OfferOutcome.objects.create(interaction=visit, offer=gold, customer=person, outcome="accepted", source="crm", at=at)
    answer(world.harbour, 1, BEFORE, customer=person, interaction=visit)
    place(unit=world.harbour, parent=world.south, since=ON, at=NOW)

    def told(unit, view):
        report = offer_report(principal=world.operator, unit=unit, view=view, **OCTOBER)
        accepted = next(card.n for card in report.scores if card.key == "accepted")
        return [report.trials[0].offered.n, accepted, [row.made for row in report.taken]]

    for view, unit in ((View.as_was(), world.north), (View.as_is(), world.south), (View.as_of(BEFORE), world.north)):
        other = world.south if unit is world.north else world.north
        assert (told(unit, view), told(other, view)) == ([1, 1, [1]], [0, 0, []])
    assert told(world.north, View.as_is(known_at=NOW - timedelta(hours=1))) == [1, 1, [1]]
    assert told(world.north, View.as_of(date(2019, 1, 1))) == [0, 0, []]  # nothing stood anywhere yet
    query = {"from": "2026-10-01", "to": "2026-10-31", "unit": world.north.pk, "as_of": "is"}
    client = Client()
    client.force_login(world.olivia.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/insights/offers/", query)
    assert ("As it is now:" in page.content.decode(), page.context["report"].taken) == (True, [])


def test_response_rate_and_coverage_are_read_from_the_same_point_of_view(world):
    invited = make.invitations(unit=world.harbour, customer=world.ines, number=4, on=BEFORE)
    make.answered(invited[0], 9)
    fill(at=NOW)
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=ON, at=NOW)
    cards = score_cards(principal=world.operator, units=[world.mill, world.station], view=View.as_is(), **OCTOBER)
    assert sorted((card.asking.invited, card.asking.answered) for card in cards.values()) == [(0, 0), (4, 1)]


@pytest.mark.parametrize("by", ["program", "channel", "month"])
def test_every_partition_adds_up_to_the_unit_in_every_view(world, by):
    answer(world.harbour, 6, BEFORE, of=make.program("calls"), channel="phone")
    answer(world.harbour, 3, AFTER)
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=ON, at=NOW)
    for view in (View.as_was(), View.as_is(), View.as_of(BEFORE), View.as_is(known_at=NOW - timedelta(days=1))):
        whole = score_card(principal=world.operator, unit=world.north, view=view, **OCTOBER)
        parts = score_cards_by(by, principal=world.operator, unit=world.north, view=view, **OCTOBER)
        assert sum(card.n for card in parts) == whole.n


def test_reports_are_arranged_by_another_hierarchy_and_sight_is_not(world):
    coast = Hierarchy.objects.create(code="coast", name="Coast")
    for unit, parent in ((world.south, None), (world.harbour, world.south), (world.station, world.south)):
        place(unit=unit, parent=parent, since=date(2026, 1, 1), hierarchy=coast, at=NOW)
    answer(world.harbour, 5, BEFORE)
    answer(world.station, 2, BEFORE)
    assert counted(world, View.as_was(hierarchy="coast"), world.south) == [7]
    assert counted(world, View.as_was(), world.south) == [2]
    below = score_cards_by(
        "unit", principal=world.elsa.user, unit=world.south, view=View.as_was(hierarchy="coast"), **OCTOBER
    )
    assert [card.label for card in below] == ["Station"]


def asked(world, **parameters):
    period = {"from": "2026-10-01", "to": "2026-10-31", "unit": world.south.external_id}
    return Caller(world.crm_secret).get("/scores", **{**period, **parameters})


def test_the_api_says_from_which_point_of_view_it_answers(world):
    answer(world.harbour, 5, AFTER)
    place(unit=world.harbour, parent=world.south, since=ON, at=datetime(2026, 11, 10, tzinfo=UTC))
    body = asked(world, as_of="day", on="2026-10-12").json()
    assert (body["as_of"], body["on"], body["known_at"], body["hierarchy"]) == ("day", "2026-10-12", None, "")
    assert body["scores"][0]["n"] == 5
    body = asked(world, as_of="is", known_at="2026-11-01").json()
    assert (body["known_at"], body["scores"][0]["n"]) == ("2026-11-01T23:59:59.999999Z", 0)


@pytest.mark.parametrize(
    ("parameters", "field", "message"),
    [
        ({"as_of": "day"}, "on", "Say as of which day."),
        ({"on": "2026-10-01"}, "on", "This goes with as_of=day only."),
        ({"known_at": "lately"}, "known_at", "Give a date such as 2026-11-22, or a moment with its offset."),
        (
            {"known_at": "2026-10-01T10:00:00"},
            "known_at",
            "Give the moment with its offset, such as 2026-11-22T10:00:00+00:00.",
        ),
        ({"known_at": "2090-01-01"}, "known_at", "This lies in the future."),
        ({"hierarchy": "nope"}, "hierarchy", "There is no hierarchy with this code."),
    ],
)
def test_a_point_of_view_that_cannot_be_is_named(world, parameters, field, message):
    response = asked(world, **parameters)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["field"], error["message"]) == (field, message)


def page(person, path, **query):
    client = Client()
    client.force_login(getattr(person, "user", person), backend="django.contrib.auth.backends.ModelBackend")
    return client.get(path, query)


def test_the_insights_page_states_its_point_of_view(world):
    answer(world.harbour, 12, AFTER)
    body = page(world.operator, "/insights/", as_of="day", on="2026-10-12").content.decode()
    assert "As of 12 October 2026: every answer counts where its unit stood on that day." in body


def test_a_region_is_read_from_the_point_of_view_that_is_asked_for(world):
    answer(world.harbour, 12, date(2026, 11, 1))
    place(unit=world.harbour, parent=world.south, since=date(2026, 11, 10), at=NOW - timedelta(days=3))
    path = f"/region/crm:{world.south.external_id}/"
    with time_machine.travel(NOW, tick=False):  # the page is about ninety days
        was, now = page(world.operator, path), page(world.operator, path, as_of="is")
    assert "As it was" in was.content.decode()
    assert [response.context["rolled"].card.n for response in (was, now)] == [0, 12]
    wrong = page(world.operator, path, as_of="day")
    assert wrong.status_code == 400
    assert "Say as of which day." in wrong.content.decode()
