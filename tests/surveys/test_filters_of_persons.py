"""Whom to ask by what is known of the person: each leaf is about the moment of the occasion, and of all their rows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from common.conditions import compile_condition
from crm.models import AccountMember, Acquisition, Customer, FinancialRecord, Relationship
from surveys.filters import OccasionFilter
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.surveys.test_filters import holds, leaf
from tests.world import NOW, World

DAY = date(2026, 11, 23)  # of the occasion


def compared(leaf_name: str, op: str, value: Any, **more: Any) -> dict[str, Any]:
    return leaf(leaf_name, {"op": op, "value": value, **more})


@pytest.mark.parametrize(
    ("words", "score", "days_before", "expected"),
    [
        (["detractor"], 6, 1, True),
        ("passive", 6, 1, False),
        (["passive", "promoter"], 9, 1, True),
        (["none"], None, None, True),
        (["none"], 9, 731, True),
        (["promoter"], 9, 731, False),
        (["none"], 9, -1, True),  # an answer after the occasion
    ],
)
def test_the_previous_category(world: World, words, score, days_before, expected):
    if days_before is not None:
        at = world.interaction.occurred_at - timedelta(days=days_before)
        ask.response(unit=world.harbour, program=ask.program(), customer=world.ines, score=score, answered_at=at)
    assert holds(leaf("previous_category", words)) is expected


def test_an_answer_in_words_no_longer_asked_is_no_previous_one(world: World):
    """The series of the answer's own program counts, as it was when the occasion happened."""
    happened = world.interaction.occurred_at
    first = ask.version(wording={"en": {"question": "Likely?"}}, published_at=happened - timedelta(days=90))
    at = happened - timedelta(days=40)
    said = ask.response(
        unit=world.harbour, program=first.program, version=first, customer=world.ines, score=3, answered_at=at
    )
    was = [leaf("previous_category", "detractor"), compared("previous_score", "lte", 6)]

    def publish(number: int, question: str, days: int) -> None:
        ask.version(
            program=first.program, number=number, wording={"en": {"question": question}},
            published_at=happened + timedelta(days=days),
        )  # fmt: skip

    publish(2, "How likely?", 1)
    assert all(holds(one) for one in was)  # at that time the old words still stood
    publish(3, "How likely?", -10)
    assert not any(holds(one) for one in was)
    assert holds(leaf("previous_category", "none"))
    publish(4, "Likely?", -5)
    assert all(holds(one) for one in was)
    publish(5, "How likely?", -1)
    said.version = None
    said.save(update_fields=["version"])
    assert all(holds(one) for one in was)  # from elsewhere


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [("eq", 800, True), ("gte", 801, False), ("gt", 799, True), ("lt", 800, False), ("lte", 800, True)],
)
def test_days_since_an_answer_however_old(world: World, op, value, expected):
    at = world.interaction.occurred_at - timedelta(days=800, hours=23)
    double = make.customer(canonical=world.ines)
    ask.response(unit=world.harbour, program=ask.program(), customer=double, score=3, answered_at=at)
    assert holds(compared("days_since_answer", op, value)) is expected


@pytest.mark.parametrize("name", ["days_since_answer", "days_since_asked", "days_since_interaction", "tenure_days"])
@pytest.mark.parametrize("op", ["gte", "lt"])
def test_of_what_never_was_no_comparison_is_true(world: World, name, op):
    assert not holds(compared(name, op, 30))


def test_days_since_a_question_that_left_the_house(world: World):
    for days, state in ((40, "handed_off"), (3, "released"), (-1, "handed_off")):
        sent = world.interaction.occurred_at - timedelta(days=days)
        ask.reservation(
            customer=world.ines, program=ask.program(), state=state,
            handed_off_at=None if state == "released" else sent,
        )  # fmt: skip
    assert holds(compared("days_since_asked", "eq", 40))


def test_days_since_an_interaction_are_those_before_this_one(world: World):
    at = world.interaction.occurred_at
    double = make.customer(canonical=world.ines)
    make.interaction(kind=world.visit, customer=double, unit=world.mill, occurred_at=at - timedelta(days=12))
    found = compile_condition(compared("days_since_interaction", "eq", 12), OccasionFilter)
    assert list(type(world.interaction).objects.filter(found)) == [world.interaction]


@pytest.mark.parametrize(
    ("joined", "left", "acquired", "days"),
    [
        (date(2026, 11, 13), None, None, 10),
        (date(2026, 11, 13), DAY, date(2026, 11, 3), 20),  # they had left by then
        (None, None, date(2026, 11, 3), 20),
        (DAY, None, None, 0),
    ],
)
def test_how_long_they_have_been_a_customer(world: World, joined, left, acquired, days):
    said = {"source": "crm", "customer": world.ines, "as_of": NOW}
    Relationship.objects.create(external_id="r", joined_on=joined, left_on=left, **said)
    if acquired:
        Acquisition.objects.create(external_id="a", acquired_on=acquired, **said)
    assert holds(compared("tenure_days", "eq", days))


def test_a_relationship_that_begins_later_is_none_yet(world: World):
    day = DAY + timedelta(days=1)
    Relationship.objects.create(source="crm", external_id="r", customer=world.ines, joined_on=day, as_of=NOW)
    assert not holds(compared("tenure_days", "gte", 0))


@pytest.mark.parametrize(("day", "expected"), [(DAY, True), (DAY + timedelta(days=1), False)])
def test_how_they_first_heard_of_us(world: World, day, expected):
    Acquisition.objects.create(
        source="crm", external_id="a", customer=world.ines, how="referral", acquired_on=day, as_of=NOW
    )
    assert holds(leaf("acquired", ["referral", "reputation"])) is expected
    assert not holds(leaf("acquired", "sales"))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(None, None, True), (DAY, None, True), (DAY + timedelta(1), None, False), (None, DAY, False)],
)
def test_an_account_of_theirs_on_that_day(world: World, since, until, expected):
    account = make.account(kind="household", segment="family", members=[(world.ines, "member", 1)])
    AccountMember.objects.update(since=since, until=until)
    assert holds(leaf("account_kind", "household")) is expected
    assert holds(leaf("account_segment", ["family", "single"])) is expected
    assert not holds(leaf("account_kind", ["account", "contract"]))
    assert account.kind == "household"


def test_an_attribute_of_the_customer(world: World):
    Customer.objects.filter(pk=world.ines.pk).update(attributes={"tier": "gold", "children": 2})
    assert holds(compared("customer_attribute", "eq", "gold", name="tier"))
    assert holds(compared("customer_attribute", "gt", 1, name="children"))
    assert not holds(compared("customer_attribute", "ne", "gold", name="wealth"))


def test_the_home_unit_as_the_organization_stood(world: World):
    assert holds(leaf("customer_unit", world.north.external_id))
    assert not holds(leaf("customer_unit", [world.south.external_id]))


def record(world: World, start: date, before: date, **told: Any) -> FinancialRecord:
    row = {"source": "books", "customer": world.ines, "currency": "EUR", "as_of": NOW, **told}
    number = FinancialRecord.objects.count()
    return FinancialRecord.objects.create(external_id=f"f-{number}", starts_on=start, ends_before=before, **row)


def money(of: str, op: str, value: Any, days: int = 30, currency: str = "EUR") -> dict[str, Any]:
    return compared("money", op, value, of=of, days=days, currency=currency)


def test_revenue_counts_by_its_days_before_the_occasion(world: World):
    record(world, date(2026, 10, 14), date(2026, 11, 3), revenue=Decimal(200))  # 10 of 20 days: 100
    double = make.customer(canonical=world.ines)
    record(world, date(2026, 11, 13), date(2026, 12, 3), revenue=Decimal("20.01"), customer=double)  # 10 of 20: 10.01
    record(world, date(2026, 11, 3), date(2026, 11, 13), revenue=Decimal(7), currency="USD")
    record(world, date(2026, 11, 3), date(2026, 11, 13), margin=Decimal(7))
    assert holds(money("revenue", "eq", "110.01"))
    assert holds(money("revenue", "eq", 7, currency="USD"))
    assert holds(money("margin", "lt", 7.5))
    assert not holds(money("revenue", "gte", 0, currency="CHF"))  # not told is not nothing


def test_a_balance_is_the_last_of_each_account_that_was_known_by_then(world: World):
    for start, before, account, balance in (
        (date(2026, 9, 1), date(2026, 10, 1), "giro", 1),
        (date(2026, 10, 1), date(2026, 11, 1), "giro", 500),
        (date(2026, 10, 1), date(2026, 11, 1), "saving", 250),
        (date(2026, 11, 1), date(2026, 12, 1), "giro", 9000),  # ends after the occasion
    ):
        record(world, start, before, account=account, balance=Decimal(balance))
    assert holds(money("balance", "eq", 750))
    assert not holds(money("balance", "gte", 0, days=10))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("previous_category", ["fan"], "'fan' is none of detractor, none, passive, promoter"),
        ("previous_category", 7, "expected a text or a list"),
        ("days_since_answer", {"op": "gte", "value": 1.5}, "value: expected a whole number from 0 to 36500"),
        ("days_since_asked", {"op": "gte", "value": True}, "value: expected a whole number"),
        ("tenure_days", {"op": "ne", "value": 3}, "op: expected one of eq, gt"),
        ("acquired", "rumour", "'rumour' is none of"),
        ("account_kind", ["family"], "'family' is none of account, contract, household"),
        ("unit_kind", "shop", "'shop' is none of"),
        ("money", {"op": "gte", "value": 1}, "expected an object with currency, days, of, op, value"),
        ("money", {"of": "tips", "currency": "EUR", "days": 1, "op": "gte", "value": 1}, "of: expected one of"),
        ("money", {"of": ["revenue"], "currency": "EUR", "days": 1, "op": "gte", "value": 1}, "of: expected one of"),
        ("money", {"of": "revenue", "currency": "eur", "days": 1, "op": "gte", "value": 1}, "code of ISO 4217"),
        ("money", {"of": "revenue", "currency": "EUR", "days": 0, "op": "gte", "value": 1}, "from 1 to 1830"),
        ("money", {"of": "revenue", "currency": "EUR", "days": 1, "op": "gte", "value": "NaN"}, "expected an amount"),
        ("money", {"of": "revenue", "currency": "EUR", "days": 1, "op": "gte", "value": "1e99"}, "expected an amount"),
        ("money", {"of": "revenue", "currency": "EUR", "days": 1, "op": "gte", "value": True}, "expected an amount"),
    ],
)
def test_anything_else_is_refused_with_a_reason(world: World, name: str, value: Any, said: str):
    with pytest.raises(ValidationError, match=said):
        compile_condition(leaf(name, value), OccasionFilter)
