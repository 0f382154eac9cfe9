"""The experiment of an offer: whose answers count, and in which arm."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

import pytest

from analytics.services.filling import fill
from analytics.services.worth.comparing import offer_report
from common.models import Event
from crm.holdouts import HELD_OUT, OFFERED
from crm.models import Customer, CustomerOffer, Offer, OfferOutcome
from surveys.models import Response
from tests.factories import analytics as say
from tests.factories import crm as make
from tests.house.test_routes import signed_in
from tests.world import NOW

DRAWN = NOW - timedelta(days=60)


@pytest.fixture
def gold(db) -> Offer:
    return Offer.objects.create(external_id="gold", name="Gold card", say="A card.", holdout="0.5")


def drawn(customer: Customer, offer: Offer, arm: str, *, at: datetime = DRAWN) -> Customer:
    CustomerOffer.objects.create(
        source="crm", external_id=customer.external_id, customer=customer, offer=offer, arm=arm, assigned_at=at,
        as_of=at,
    )  # fmt: skip
    return customer


def arms(world):
    """{arm: detractors, passives, promoters} of the one offer."""
    fill(at=NOW)
    period = {"start": date(2026, 10, 1), "end": date(2026, 10, 31)}
    (trial,) = offer_report(principal=world.olivia.user, unit=world.head_office, at=NOW, **period).trials
    return tuple((c.detractors, c.passives, c.promoters) for c in (trial.offered.counts, trial.held_out.counts))


def test_an_answer_at_another_row_of_the_person_counts_in_their_arm(world, gold):
    person = drawn(make.customer(unit=world.harbour), gold, OFFERED)
    twin = make.customer(unit=world.harbour, canonical=person)
    say.answers(unit=world.harbour, scores=[10], on=date(2026, 10, 9), customer=twin)
    assert arms(world) == ((0, 0, 1), (0, 0, 0))


def test_a_person_whose_rows_were_drawn_apart_counts_once_where_they_were_drawn_first(world, gold):
    person = drawn(make.customer(unit=world.harbour), gold, HELD_OUT, at=DRAWN + timedelta(days=1))
    twin = drawn(make.customer(unit=world.harbour, canonical=person), gold, OFFERED)
    say.answers(unit=world.harbour, scores=[2], on=date(2026, 10, 8), customer=twin)
    say.answers(unit=world.harbour, scores=[9], on=date(2026, 10, 9), customer=person)
    assert arms(world) == ((0, 0, 1), (0, 0, 0))


def test_the_last_answer_of_the_period_since_the_draw_counts(world, gold):
    person = drawn(make.customer(unit=world.harbour), gold, HELD_OUT, at=datetime(2026, 10, 5, tzinfo=NOW.tzinfo))
    for day, score in ((4, 10), (6, 9), (7, 3)):
        say.answers(unit=world.harbour, scores=[score], on=date(2026, 10, day), customer=person)
    say.answers(unit=world.harbour, scores=[10], on=date(2026, 11, 2), customer=person)
    early = drawn(make.customer(unit=world.harbour), gold, OFFERED, at=NOW)
    say.answers(unit=world.harbour, scores=[10], on=date(2026, 10, 6), customer=early)
    assert arms(world) == ((0, 0, 0), (1, 0, 0))
    client = signed_in(world.olivia)
    file = client.get("/insights/offers/", {"from": "2026-10-01", "to": "2026-10-31", "format": "csv"})
    lines = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert [line[:7] for line in lines if line[0] == "by lot"] == [
        ["by lot", "gold", "May be offered it", "", "", "", "0"],
        ["by lot", "gold", "Held out by lot", "", "", "", "1"],
    ]  # fmt: skip
    assert Event.objects.get(what="offers.exported").data == {"rows": len(lines) - 1, "format": "csv"}


def test_an_answer_that_changed_and_is_not_counted_yet_stands_where_the_rollup_has_it(world, gold):
    """With and without an offer add up to the rollup: neither runs ahead of the other, and nothing is cut off at 0."""
    person = make.customer(unit=world.harbour)
    visit = make.interaction(kind=world.visit, customer=person, unit=world.harbour, external_id="v-gold")
    OfferOutcome.objects.create(interaction=visit, offer=gold, customer=person, outcome="shown", source="crm", at=NOW)
    (row,) = say.answers(unit=world.harbour, scores=[2], on=date(2026, 10, 9), customer=person, interaction=visit)
    fill(at=NOW)
    Response.objects.filter(pk=row.pk).update(score=10, category="promoter")
    period = {"start": date(2026, 10, 1), "end": date(2026, 10, 31)}
    told = offer_report(principal=world.olivia.user, unit=world.head_office, at=NOW, **period)
    found = {card.key: card.counts for card in told.scores}
    assert (found["none"], found["shown"]) == ((0, 0, 0), (1, 0, 0))
