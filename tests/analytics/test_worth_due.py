"""When a period of the worth page is counted anew: whatever came in, however it came, and whenever it committed."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from analytics.models import WorthCell, WorthPeriod
from analytics.services.filling import fill
from analytics.services.worth.filling import fill_worth
from crm.models import BooksChange, Customer
from crm.services.merging import merge
from crm.services.money.ingesting import ingest_acquisitions, ingest_financials, ingest_relationships
from tests.factories import analytics as say
from tests.factories import crm as make
from tests.world import NOW, build_world

LATER = NOW + timedelta(hours=1)
TWELVE = "2025-11-01/2026-11-01"


def earn(customer: Customer, period: str = "2026-10", revenue: str = "10", at=NOW):
    item = {"customer": customer.external_id, "period": period, "currency": "EUR", "revenue": revenue}
    (result,) = ingest_financials([item], source="crm", at=at)
    assert not result.errors


def promoter(unit, **fields) -> Customer:
    """Their money and the answer before it, all taken in."""
    customer = make.customer(unit=unit, **fields)
    say.answers(unit=unit, scores=[10], on=date(2025, 10, 20), customer=customer)
    say.answers(unit=unit, scores=[10], on=date(2026, 9, 20), customer=customer)
    return customer


@pytest.fixture
def ben(world) -> Customer:
    """A promoter with money of August to October; every period is counted."""
    customer = promoter(world.harbour)
    for month in ("2026-08", "2026-09", "2026-10"):
        earn(customer, month)
    fill(at=NOW)
    assert fill_worth(at=NOW) == 6
    return customer


def counted(at) -> set[str]:
    """The periods that were due."""
    fill_worth(at=at)
    return set(WorthPeriod.objects.filter(filled_at=at).values_list("code", flat=True))


def total(code: str, measure: str = "revenue") -> Decimal:
    return sum(WorthCell.objects.filter(period__code=code, measure=measure).values_list("s1", flat=True), Decimal(0))


def test_a_period_is_counted_once_and_then_rests_until_the_night(ben):
    assert set(WorthPeriod.objects.values_list("code", flat=True)) == {
        "2026-08", "2026-09", "2026-10", "2026-Q3", "2026-Q4", TWELVE,
    }  # fmt: skip
    assert fill_worth(at=LATER) == 0
    assert fill_worth(at=NOW + timedelta(hours=20)) == 6


def test_a_record_of_a_quarter_has_each_of_its_months_counted(world):
    earn(promoter(world.harbour), "2026-Q3", revenue="92")
    fill(at=NOW)
    assert counted(NOW) == {"2026-07", "2026-08", "2026-09", "2026-Q3", TWELVE}
    assert [total(f"2026-0{month}") for month in (7, 8, 9)] == [31, 31, 30]


def test_a_single_corrected_record_has_the_periods_of_its_days_counted_anew_and_no_other(ben):
    earn(ben, revenue="13", at=LATER)
    assert counted(LATER) == {"2026-10", "2026-Q4", TWELVE}
    assert total("2026-10") == 13
    assert BooksChange.objects.count() == 0


def test_a_record_that_tells_nothing_new_has_nothing_counted(ben):
    earn(ben, at=LATER)
    assert counted(LATER) == set()


def test_a_record_of_another_length_is_refused_and_nothing_is_counted_anew(ben):
    anna = promoter(ben.unit)
    earn(anna, "2026-09-20/2026-10-20", "30")
    fill_worth(at=LATER)
    item = {"customer": anna.external_id, "period": "2026-09-20/2026-10-01", "currency": "EUR", "revenue": "10"}
    (result,) = ingest_financials([item], source="crm", at=LATER)
    assert [error["code"] for error in result.errors] == ["overlap"]
    assert counted(LATER + timedelta(hours=1)) == set()


def test_a_relationship_that_ended_has_the_periods_counted_for_which_that_matters(ben):
    item = {"customer": ben.external_id, "joined_on": "2020-01-01"}
    ingest_relationships([item], source="crm", at=LATER)
    assert len(counted(LATER)) == 6
    ingest_relationships([{**item, "left_on": "2026-09-12"}], source="crm", at=LATER + timedelta(hours=1))
    assert len(counted(LATER + timedelta(hours=2))) == 6  # it had no end, so any of them may differ
    assert [total(code, "churn") for code in ("2026-08", "2026-09")] == [0, 1]
    other = {"customer": promoter(ben.unit).external_id, "left_on": "2026-08-20"}
    ingest_relationships([other], source="crm", at=LATER + timedelta(hours=2))
    assert counted(LATER + timedelta(hours=3)) == {"2026-08", "2026-Q3", TWELVE}


def test_an_acquisition_has_the_periods_of_its_day_counted(ben):
    new = make.customer(external_id="n-1", unit=ben.unit)
    item = {"customer": new.external_id, "how": "referral", "referred_by": ben.external_id}
    ingest_acquisitions([{**item, "acquired_on": "2026-09-20"}], source="crm", at=LATER)
    assert counted(LATER) == {"2026-09", "2026-Q3", TWELVE}
    assert total("2026-09", "referred") == 1
    ingest_acquisitions([{**item, "acquired_on": "2026-10-20"}], source="crm", at=LATER + timedelta(hours=1))
    assert counted(LATER + timedelta(hours=2)) == {"2026-09", "2026-Q3", "2026-10", "2026-Q4", TWELVE}


def test_a_late_answer_has_the_periods_counted_that_it_says_something_about(ben):
    say.answers(unit=ben.unit, scores=[1], on=date(2026, 9, 25), customer=ben)
    fill(at=LATER)
    assert {"2026-10", "2026-Q4"} <= counted(LATER)
    assert WorthCell.objects.get(period__code="2026-10", measure="revenue").category == "detractor"


def test_an_answer_of_today_has_nothing_counted(ben):
    say.answers(unit=ben.unit, scores=[1], on=NOW.date(), customer=ben)
    fill(at=LATER)
    assert counted(LATER) == set()


def test_a_merge_is_seen_on_the_page_the_next_morning(ben):
    twin = make.customer(unit=ben.unit)
    earn(twin, revenue="5")
    fill_worth(at=NOW)
    assert total("2026-10") == 10  # the twin never answered
    merge(kept=ben, merged=twin, at=LATER)
    assert fill_worth(at=NOW + timedelta(hours=20)) == 6
    assert total("2026-10") == 15


def test_a_period_that_is_not_recent_any_more_is_counted_when_its_records_change(ben):
    at = NOW + timedelta(days=600)
    assert "2026-10" not in counted(at)
    earn(ben, revenue="13", at=at)
    assert "2026-10" in counted(at + timedelta(hours=1))
    assert total("2026-10") == 13


@pytest.mark.django_db(transaction=True)
def test_what_commits_after_the_count_is_counted_the_next_time():
    """Its list began before the count, and nobody saw it then."""
    ben = promoter(build_world().harbour)
    earn(ben)
    fill(at=NOW)
    fill_worth(at=NOW)
    began, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            earn(ben, revenue="13", at=NOW + timedelta(minutes=5))
            earn(ben, "2026-09", at=NOW + timedelta(minutes=5))
            began.set()
            assert go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert began.wait(20)
    assert fill_worth(at=LATER) == 0
    go_on.set()
    thread.join()
    assert counted(LATER + timedelta(minutes=15)) == {"2026-09", "2026-Q3", "2026-10", "2026-Q4", TWELVE}
    assert total("2026-10") == 13
