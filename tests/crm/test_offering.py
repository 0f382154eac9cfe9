"""What may be proposed to a customer, to whom the lot denies it, and what became of it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from common.models import Event
from crm.forms import OfferForm
from crm.holdouts import HELD_OUT, OFFERED, arm_of, draw
from crm.models import (
    ContactPoint,
    Customer,
    CustomerOffer,
    LearnedDetail,
    MissingDetail,
    Offer,
    OfferOutcome,
    ProfileDetail,
)
from crm.services.holding import hold, release
from crm.services.offering import offers_for
from crm.services.offers.assigning import assign, assign_all
from crm.services.offers.ingesting import ingest_customer_offers, ingest_missing_details, ingest_offers
from crm.services.offers.telling import record_learned, record_outcomes
from tests.factories import crm as make
from tests.world import NOW

AT = NOW


def told(results):
    return [(result.status, [(error["code"], error["field"]) for error in result.errors]) for result in results]


def offer(**fields):
    return {
        "external_id": "gold",
        "name": "Gold card",
        "say": "Our gold card costs nothing in the first year.",
        **fields,
    }


def given(world, *codes, **fields):
    ingest_offers([offer(external_id=code, name=code) for code in codes], source="crm", at=AT)
    items = [{"customer": world.ines.external_id, "offer": code, **fields} for code in codes]
    return ingest_customer_offers(items, source="crm", at=AT)


def best(world, principal=None, at=AT):
    return [each.offer.external_id for each in offers_for(customer=world.ines, at=at, principal=principal).proposals]


# --- what is proposed ------------------------------------------------------------------------------------------------


def test_offers_come_by_priority_and_then_in_the_order_of_the_crm(world):
    ingest_offers(
        [offer(external_id=code, priority=p) for code, p in (("a", 5), ("b", 5), ("c", 1))], source="crm", at=AT
    )
    ranks = {"a": 2, "b": 1, "c": 9}
    items = [{"customer": world.ines.external_id, "offer": code, "rank": rank} for code, rank in ranks.items()]
    assert told(ingest_customer_offers(items, source="crm", at=AT)) == [("created", [])] * 3
    assert best(world) == ["c", "b", "a"]
    assert offers_for(customer=world.ines, at=AT).best.rank == 9


@pytest.mark.parametrize("kind", ["open_ticket", "bereavement", "complaint", "legal"])
def test_nothing_is_proposed_or_asked_while_a_hold_is_in_force(world, kind):
    given(world, "gold")
    ProfileDetail.objects.create(code="zone", label="Time zone", ask="Where are you?", place="zone")
    hold(customer=world.ines, cause="ticket:1", kind=kind, at=AT)
    found = offers_for(customer=world.ines, at=AT)
    assert (found.why, found.best, list(found.details)) == (kind, None, [])
    release(cause="ticket:1", at=AT)
    assert best(world) == ["gold"]


def test_a_ticket_of_a_merged_row_holds_back_offers_to_the_person(world):
    given(world, "gold")
    twin = make.customer(canonical=world.ines)
    hold(customer=twin, cause="ticket:1", at=AT)
    assert offers_for(customer=world.ines, at=AT).why == "open_ticket"
    assert offers_for(customer=twin, at=AT).why == "open_ticket"


def test_a_hold_that_is_over_holds_back_nothing(world):
    given(world, "gold")
    hold(customer=world.ines, cause="x", kind="legal", at=AT - timedelta(days=2), until=AT)
    assert best(world) == ["gold"]


def test_an_offer_is_proposed_within_its_days_and_those_of_the_customer_only(world):
    ingest_offers([offer(valid_from="2026-11-25", valid_until="2026-11-30")], source="crm", at=AT)
    item = {"customer": world.ines.external_id, "offer": "gold", "valid_until": "2026-11-27"}
    ingest_customer_offers([item], source="crm", at=AT)
    days = (date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27), date(2026, 11, 28))
    assert [best(world, at=AT.replace(day=day.day)) for day in days] == [[], ["gold"], ["gold"], []]


def test_an_answered_offer_is_not_proposed_again_and_one_to_think_about_is(world):
    given(world, "gold", "loan", "card")
    items = [{"offer": "gold", "outcome": "declined"}, {"offer": "loan", "outcome": "later"}]
    record_outcomes(interaction=world.interaction, items=items, source="crm", at=AT)
    assert best(world) == ["card", "loan"]


def test_somebody_elsewhere_is_told_nothing_of_the_customer(world):
    given(world, "gold")
    ProfileDetail.objects.create(code="zone", label="Time zone", ask="Where are you?", place="zone")
    assert best(world, principal=world.helen.user) == ["gold"]
    found = offers_for(customer=world.ines, at=AT, principal=world.elsa.user)
    assert (found.proposals, found.details, found.why) == ((), (), "")


# --- the lot ---------------------------------------------------------------------------------------------------------


def test_who_is_held_out_follows_from_names_alone_and_is_never_proposed_it(world):
    ingest_offers([offer(holdout="0.5")], source="crm", at=AT)
    made = Offer.objects.get()
    people = [make.customer(external_id=f"p-{k}") for k in range(60)]
    items = [{"customer": person.external_id, "offer": "gold"} for person in people]
    ingest_customer_offers(items, source="crm", at=AT)
    arms = {row.customer_id: row.arm for row in CustomerOffer.objects.all()}
    expected = {p.pk: arm_of(draw(made.seed, "gold", f"crm/{p.external_id}"), Decimal("0.5")) for p in people}
    assert arms == expected
    assert set(arms.values()) == {OFFERED, HELD_OUT}
    for person in people[:12]:
        shown = bool(offers_for(customer=person, at=AT).proposals)
        assert shown == (arms[person.pk] == OFFERED)


def test_a_person_held_out_under_one_row_stays_so_when_that_row_is_over(world):
    given(world, "gold")
    twin = make.customer(canonical=world.ines)
    own = CustomerOffer.objects.get()
    own.pk, own.customer, own.external_id, own.arm = None, twin, "twin|gold", HELD_OUT
    own.valid_until = AT.date() - timedelta(days=1)
    own.save()
    assert best(world) == []


def test_a_condition_gives_the_offer_to_those_it_is_true_of_with_the_same_lot(world):
    people = [make.customer(external_id=f"p-{k}", segment="premier" if k % 2 else "retail") for k in range(40)]
    erased = make.customer(segment="premier", erased_at=AT)
    condition = {"filter": "segment", "value": "premier"}
    ingest_offers([offer(holdout="0.3", condition=condition)], source="crm", at=AT)
    made = Offer.objects.get()
    rows = {row.customer_id: row.arm for row in CustomerOffer.objects.all()}
    assert rows == {p.pk: arm_of(draw(made.seed, "gold", f"crm/{p.external_id}"), Decimal("0.3")) for p in people[1::2]}
    assert erased.pk not in rows
    late = make.customer(external_id="late", segment="premier")
    assert assign_all(at=AT + timedelta(days=1)) == 1
    assert assign(offer=made, at=AT + timedelta(days=1)) == 0
    assert CustomerOffer.objects.filter(customer=late).exists()
    assert Event.objects.filter(what="offer.assigned").count() == 2


def test_a_seed_and_an_arm_once_given_stay(world):
    given(world, "gold")
    seed, arm = Offer.objects.get().seed, CustomerOffer.objects.get().arm
    ingest_offers([offer(name="Golden card", holdout="0.5")], source="crm", at=AT + timedelta(days=1))
    item = {"customer": world.ines.external_id, "offer": "gold", "rank": 3}
    assert told(ingest_customer_offers([item], source="crm", at=AT + timedelta(days=1))) == [("updated", [])]
    assert (Offer.objects.get().seed, CustomerOffer.objects.get().arm) == (seed, arm)


def test_a_second_source_cannot_give_a_customer_another_arm(world):
    given(world, "gold")
    item = {
        "customer": {"source": "crm", "external_id": world.ines.external_id},
        "offer": {"source": "crm", "external_id": "gold"},
    }
    assert told(ingest_customer_offers([item], source="billing", at=AT)) == [("rejected", [("conflict", "customer")])]
    assert CustomerOffer.objects.count() == 1


def test_a_key_of_a_part_of_the_company_changes_no_offer(world):
    results = ingest_offers([offer()], source="crm", at=AT, principal=world.station_key)
    assert told(results) == [("rejected", [("out_of_scope", "external_id")])]
    assert Offer.objects.count() == 0
    assert told(ingest_offers([offer()], source="crm", at=AT, principal=world.crm_key)) == [("created", [])]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"condition": {"filter": "shoe_size", "value": 9}}, "condition"),
        ({"holdout": "0.6"}, "holdout"),
        ({"valid_from": "2026-02-02", "valid_until": "2026-02-01"}, "valid_until"),
        ({"external_id": "two words"}, "external_id"),
        ({"priority": "1"}, "priority"),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused(db, wrong, field):
    results = ingest_offers([offer(**wrong)], source="crm", at=AT)
    assert [error["field"] for error in results[0].errors] == [field]
    assert Offer.objects.count() == 0


def test_the_console_refuses_a_condition_it_cannot_read(db):
    body = {**offer(), "priority": 1, "holdout": "0", "condition": '{"filter": "segment"}'}
    form = OfferForm(body)
    assert list(form.errors) == ["condition"]
    form = OfferForm({**body, "condition": '{"filter": "language", "value": "fr"}'})
    assert form.is_valid(), form.errors


def test_the_console_tells_no_condition_from_one_that_is_true_of_everybody(db):
    body = {**offer(), "priority": 1, "holdout": "0"}
    form = OfferForm({**body, "condition": ""})
    assert form.is_valid()
    assert form.cleaned_data["condition"] is None
    shown = OfferForm(instance=Offer(condition={}))["condition"].value()
    assert json.loads(shown) == {"not": {"any": []}}
    assert OfferForm({**body, "condition": shown}).is_valid()


# --- details that are missing ----------------------------------------------------------------------------------------


def detail(code, place="", priority=1, **fields):
    return ProfileDetail.objects.create(
        code=code, label=code, ask=f"Your {code}?", place=place, priority=priority, **fields
    )


def asked(world):
    return [each.code for each in offers_for(customer=world.ines, at=AT).details]


def test_what_the_record_lacks_is_asked_for_the_most_important_first(world):
    detail("email", "email")
    detail("mobile", "sms", priority=2)
    detail("zone", "zone", priority=3)
    detail("birth", "attributes.birth_year", priority=1)
    detail("old", "segment", active=False)
    detail("more", "segment", priority=9)
    assert asked(world) == ["birth", "mobile", "zone"]
    Customer.objects.filter(pk=world.ines.pk).update(attributes={"birth_year": 1980}, zone="Europe/London")
    ContactPoint.objects.filter(customer=world.ines, channel="email").update(unusable_since=AT)
    assert asked(world) == ["email", "mobile", "more"]


def test_what_the_crm_says_is_missing_is_asked_until_it_says_otherwise(world):
    detail("income")
    detail("email", "email")
    item = {"customer": world.ines.external_id, "details": ["income"]}
    assert told(ingest_missing_details([item], source="crm", at=AT)) == [("created", [])]
    assert asked(world) == ["income"]
    assert told(ingest_missing_details([item], source="crm", at=AT)) == [("unchanged", [])]
    assert told(ingest_missing_details([{**item, "details": []}], source="crm", at=AT)) == [("updated", [])]
    assert asked(world) == []
    wrong = ingest_missing_details([{**item, "details": ["height"]}], source="crm", at=AT)
    assert told(wrong) == [("rejected", [("unknown", "details")])]


def test_what_was_learned_is_kept_with_the_interaction_and_not_asked_again(world):
    birth = detail("birth", "attributes.birth_year")
    MissingDetail.objects.create(customer=world.ines, detail=birth, since=AT)
    items = [{"detail": "birth", "value": "1980"}]
    assert told(record_learned(interaction=world.interaction, items=items, source="crm", at=AT)) == [("created", [])]
    assert told(record_learned(interaction=world.interaction, items=items, source="crm", at=AT)) == [("unchanged", [])]
    row = LearnedDetail.objects.get()
    assert (row.customer, row.value, row.employee) == (world.ines, "1980", world.jonas)
    assert (asked(world), MissingDetail.objects.count()) == ([], 0)
    event = Event.objects.get(what="customer.detail_learned")
    assert event.data == {"customer": world.ines.pk, "detail": birth.pk}


def test_a_place_that_no_record_has_is_refused():
    with pytest.raises(ValidationError):
        ProfileDetail(code="x", label="x", ask="x?", place="shoe_size").full_clean(validate_unique=False)


# --- outcomes --------------------------------------------------------------------------------------------------------


def outcome(world, said, at=AT, **fields):
    items = [{"offer": "gold", "outcome": said} | {name.removeprefix("said_"): value for name, value in fields.items()}]
    return told(record_outcomes(interaction=world.interaction, items=items, source="crm", at=at))


def test_an_outcome_told_twice_is_known_once_and_a_later_one_replaces_it(world):
    given(world, "gold")
    assert outcome(world, "shown") == [("created", [])]
    assert outcome(world, "shown") == [("unchanged", [])]
    assert outcome(world, "accepted", at=AT + timedelta(minutes=5)) == [("updated", [])]
    assert outcome(world, "declined", at=AT + timedelta(hours=1), said_at=AT.isoformat()) == [("stale", [])]
    row = OfferOutcome.objects.get()
    assert (row.outcome, row.customer, row.employee) == ("accepted", world.ines, world.jonas)
    assert Event.objects.filter(what="offer.outcome_recorded").count() == 2


def test_the_same_outcome_told_later_holds_against_what_was_said_in_between(world):
    given(world, "gold")
    said = [("accepted", 6), ("accepted", 8), ("declined", 7)]
    items = [{"offer": "gold", "outcome": o, "at": AT.replace(day=20, hour=h).isoformat()} for o, h in said]
    results = [record_outcomes(interaction=world.interaction, items=[i], source="crm", at=AT) for i in items]
    assert [result.status for (result,) in results] == ["created", "unchanged", "stale"]
    row = OfferOutcome.objects.get()
    assert (row.outcome, row.at) == ("accepted", AT.replace(day=20, hour=8))
    assert Event.objects.filter(what="offer.outcome_recorded").count() == 1


def test_the_same_detail_learned_later_holds_against_what_was_said_in_between(world):
    ProfileDetail.objects.create(code="zone", label="Time zone", ask="Where are you?", place="zone")
    said = [("Lima", 6), ("Lima", 8), ("Oslo", 7)]
    items = [{"detail": "zone", "value": v, "at": AT.replace(day=20, hour=h).isoformat()} for v, h in said]
    results = [record_learned(interaction=world.interaction, items=[i], source="crm", at=AT) for i in items]
    assert [result.status for (result,) in results] == ["created", "unchanged", "stale"]
    assert LearnedDetail.objects.get().value == "Lima"


def test_a_learned_number_without_its_country_is_no_number(world):
    ProfileDetail.objects.create(code="mobile", label="Mobile", ask="Which number?", place="sms")
    said = [{"detail": "mobile", "value": value} for value in ("07700", "+44 20 7946 0471")]
    results = [record_learned(interaction=world.interaction, items=[item], source="crm", at=AT) for item in said]
    assert [told(each) for each in results] == [[("rejected", [("invalid", "value")])], [("created", [])]]
    assert LearnedDetail.objects.get().value == "+44 20 7946 0471"


def test_an_outcome_of_an_unknown_offer_or_in_the_future_is_refused(world):
    assert outcome(world, "shown") == [("rejected", [("unknown", "offer")])]
    given(world, "gold")
    assert outcome(world, "shown", at=AT, said_at="2027-01-01T00:00:00+00:00") == [("rejected", [("future", "at")])]
    assert outcome(world, "bought") == [("rejected", [("invalid_choice", "outcome")])]
    assert OfferOutcome.objects.count() == 0
