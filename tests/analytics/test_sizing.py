"""How large an initiative is: exact figures, and all they were reckoned from."""

from __future__ import annotations

from decimal import Decimal

import pytest

from analytics.maths.means import mean_difference, moments_of
from analytics.maths.sizing import worth_a_year
from analytics.services.sizing import size_up
from analytics.services.worth.filling import count_period
from closedloop.errors import OuterLoopRefused
from closedloop.models import Initiative, Sizing
from closedloop.services.elevating import start_initiative
from common.models import Event
from crm.services.money.ingesting import ingest_financials
from crm.stretches import stretch
from tests.analytics.test_worth import person
from tests.factories import closedloop, crm
from tests.world import NOW

PROMOTERS, DETRACTORS = [400, 600] * 5, [50, 150] * 5
TRIAL = {"effect": Decimal(20), "effect_source": "Trial in Mill, spring 2026"}


@pytest.mark.parametrize(
    ("customers", "effect", "value", "how", "worth"),
    [
        (2, "20", "400", {"days": 31}, "941.94"),  # 0.2 turned round x 400 x 365 / 31 = 941.9354...
        (1809, "12.5", "83.2701", {"days": 365}, "9414.73"),  # 113.0625 x 83.2701 = 9414.7257
        (1000, "200", "-3", {"days": 365}, "-3000.00"),
        (3, "1", "1", {"days": 365}, "0.02"),  # 0.015, half up
        (7, "100", "10", {"days": 365, "digits": 0}, "35"),
        (0, "50", "400", {"days": 31}, "0.00"),
    ],
)
def test_worth_a_year(customers, effect, value, how, worth):
    found = worth_a_year(customers, Decimal(effect), Decimal(value), **how)
    assert (found, str(found)) == (Decimal(worth), worth)


@pytest.fixture
def books(world):
    """What ten promoters and ten detractors of Harbour brought in October; two others complained lately."""
    for score, margins in ((10, PROMOTERS), (1, DETRACTORS)):
        for margin in margins:
            earn_margin(person(world.harbour, score), margin)
    count_period(span=stretch("2026-10"), at=NOW)
    for _ in range(2):
        closedloop.signal(customer=crm.customer(), unit=world.harbour, category="detractor", at=NOW.replace(hour=9))


def earn_margin(customer, margin):
    from_october = {"customer": customer.external_id, "period": "2026-10", "currency": "EUR", "margin": str(margin)}
    (result,) = ingest_financials([from_october], source="crm", at=NOW)
    assert result.status == "created", result.errors


def initiative(world, **fields) -> Initiative:
    said = {"title": "Two at the counter", "statement": "Nobody waits.", "unit": world.north, "by": None, **fields}
    return start_initiative(**said, condition={"filter": "category", "value": "detractor"}, at=NOW)


def test_a_sizing_is_kept_with_what_it_was_reckoned_from(world, books):
    found = size_up(initiative(world), **TRIAL, by=world.olivia.user, at=NOW)
    low, high = (Decimal(repr(end)).quantize(Decimal("0.0001")) for end in
                 mean_difference(moments_of(PROMOTERS), moments_of(DETRACTORS))[1])  # fmt: skip
    assert (found.customers, found.anonymous, found.period, found.period_days) == (2, 0, "2026-10", 31)
    assert (found.value, found.value_low, found.value_high, found.basis) == (Decimal("400.0000"), low, high, "overall")
    assert (found.worth, found.worth_low) == (Decimal("941.94"), worth_a_year(2, Decimal(20), low, days=31))
    found.refresh_from_db()
    again = worth_a_year(found.customers, found.effect, found.value, days=found.period_days)
    assert (again, found.currency, found.measure) == (found.worth, "EUR", "margin")
    assert Event.objects.get(what="initiative.sized").data == {
        "sizing": found.pk, "customers": 2, "effect": "20", "worth": "941.94",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"effect": Decimal(0)}, "above 0 and at most 200"),
        ({"effect_source": " "}, "Say where the effect comes from"),
        ({"measure": "churn"}, "in revenue or in margin"),
        ({"measure": "revenue"}, "Nothing is known yet of the revenue"),
    ],
)
def test_what_nobody_can_reckon_with_is_refused(world, books, how, said):
    with pytest.raises(OuterLoopRefused, match=said):
        size_up(initiative(world), **{**TRIAL, **how}, by=world.olivia.user, at=NOW)
    assert not Sizing.objects.exists()


def test_worth_is_told_in_the_currency_of_the_budget_alone(world, books):
    with pytest.raises(OuterLoopRefused, match="bring in USD"):
        size_up(initiative(world, currency="USD"), **TRIAL, by=world.olivia.user, at=NOW)


def test_worth_is_reckoned_and_listed_for_those_who_may_see_it(world, books):
    large, small = initiative(world), initiative(world)
    with pytest.raises(OuterLoopRefused, match="not yours to see"):
        size_up(large, **TRIAL, by=world.elsa.user, at=NOW)
    size_up(small, effect=Decimal(1), effect_source="A guess", by=world.rosa.user, at=NOW)
    size_up(large, **TRIAL, by=world.rosa.user, at=NOW)

    def listed(who):
        return [(row.pk, row.worth) for row in Initiative.objects.by_worth(who.user)]

    assert listed(world.rosa) == [(large.pk, Decimal("941.94")), (small.pk, Decimal("47.10"))]
    assert listed(world.helen) == [(small.pk, None), (large.pk, None)]
