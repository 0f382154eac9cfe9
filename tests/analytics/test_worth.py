"""What promoters, passives and detractors brought: whom it counts, how much, and who sees it."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from analytics.models import WorthCell
from analytics.services.worth.filling import count_period, fill_worth
from analytics.services.worth.reading import periods, usual, worth_report
from common.models import Event
from crm.models import Customer, OrgUnit
from crm.services.money.ingesting import ingest_acquisitions, ingest_financials, ingest_relationships
from crm.stretches import stretch
from tests.api import Caller, errors
from tests.console.test_export_files import read_xlsx
from tests.factories import analytics as say
from tests.factories import crm as make
from tests.house.test_routes import signed_in
from tests.world import NOW

OCTOBER = stretch("2026-10")
BEFORE = date(2026, 9, 15)


def person(unit: OrgUnit | None, score: int | None, *, revenue: str | None = None, on: date = BEFORE, **fields):
    """A customer who answered `score` on a day and brought `revenue` in October."""
    customer = make.customer(unit=unit, **fields)
    if score is not None:
        say.answers(unit=unit, scores=[score], on=on, customer=customer)
    if revenue is not None:
        earn(customer, revenue=revenue)
    return customer


def earn(customer: Customer, period: str = "2026-10", currency: str = "EUR", **figures):
    item = {"customer": customer.external_id, "period": period, "currency": currency, **figures}
    (result,) = ingest_financials([item], source="crm", at=NOW)
    assert result.status == "created", result.errors


def report(world, unit=None, who=None, **question):
    period = count_period(span=OCTOBER, at=NOW)
    who = who or world.olivia
    return worth_report(principal=who.user, unit=unit or world.head_office, period=period, at=NOW, **question)


def reading(found, measure):
    (one,) = [reading for reading in found.readings if reading.measure == measure]
    return one


def sums(found, measure):
    return {g.category: (g.n, g.moments.s1) for g in reading(found, measure).groups if g.n}


def test_a_customer_counts_as_what_the_last_answer_before_the_period_made_them(world):
    turned = person(world.harbour, 2, revenue="100")
    say.answers(unit=world.harbour, scores=[10], on=date(2026, 9, 30), customer=turned)
    say.answers(unit=world.harbour, scores=[0], on=date(2026, 10, 2), customer=turned)  # too late to count
    person(world.harbour, 8, revenue="7", on=date(2025, 9, 30))  # too long ago
    person(world.harbour, None, revenue="9")  # never asked
    found = report(world)
    assert sums(found, "revenue") == {"promoter": (1, Decimal(100))}
    assert found.customers == {"promoter": 1}


def test_money_adds_up_by_days_and_one_currency_at_a_time(world):
    ben = person(world.harbour, 9)
    earn(ben, "2026-09-16/2026-10-16", revenue="30")  # half of its days lie in October
    earn(ben, "2026-10-16/2026-11-01", revenue="1.25", margin="-0.50")
    earn(ben, currency="USD", revenue="70")
    found = report(world)
    assert found.currencies == ["EUR", "USD"]
    assert sums(found, "revenue") == {"promoter": (1, Decimal("16.25"))}
    assert sums(found, "margin") == {"promoter": (1, Decimal("-0.50"))}
    assert sums(report(world, currency="USD"), "revenue") == {"promoter": (1, Decimal(70))}


def test_somebody_without_a_record_is_not_a_zero(world):
    person(world.harbour, 10, revenue="10")
    person(world.harbour, 10)
    found = report(world)
    assert sums(found, "revenue") == {"promoter": (1, Decimal(10))}
    assert found.customers == {"promoter": 2}


def test_churn_is_of_those_who_were_customers_at_the_start(world):
    def stays(score, *spans):
        customer = person(world.harbour, score)
        items = [
            {
                "customer": customer.external_id,
                "external_id": f"{customer.external_id}-{k}",
                "joined_on": a,
                "left_on": b,
            }
            for k, (a, b) in enumerate(spans)
        ]
        assert {r.status for r in ingest_relationships(items, source="crm", at=NOW)} == {"created"}

    stays(3, ("2020-01-01", "2026-10-12"))  # left in October
    stays(3, ("2020-01-01", "2026-10-12"), ("2024-01-01", None))  # kept another relationship
    stays(3, ("2020-01-01", "2026-09-12"))  # had left before
    stays(3, ("2020-01-01", "2026-11-01"))  # left after
    stays(9, ("2020-01-01", None))
    person(world.harbour, 9)  # nothing is known
    assert sums(report(world), "churn") == {"promoter": (1, 0), "detractor": (3, 1)}


def test_a_share_of_wallet_is_the_latest_word_and_a_referral_counts_once(world):
    ben = person(world.harbour, 10)
    earn(ben, "2026-10-01/2026-10-10", share_of_wallet="0.2")
    earn(ben, "2026-10-10/2026-11-01", share_of_wallet="0.4")
    for name in ("n-1", "n-2"):
        make.customer(external_id=name, unit=world.harbour)
    person(world.harbour, 1)
    items = [
        {"customer": name, "how": "referral", "referred_by": ben.external_id, "acquired_on": "2026-10-20"}
        for name in ("n-1", "n-2")
    ]
    items.append({"customer": world.ines.external_id, "acquired_on": "2026-10-21"})
    ingest_acquisitions(items, source="crm", at=NOW)
    found = report(world)
    assert sums(found, "share_of_wallet") == {"promoter": (1, Decimal("0.4"))}
    assert sums(found, "referred") == {"promoter": (1, 1), "detractor": (1, 0)}
    assert found.heard.by_how == {"referral": 2, "unknown": 1}
    assert (found.heard.by_known_referrer, found.heard.unknown, found.heard.earned) == (2, pytest.approx(1 / 3), 1.0)


def test_who_is_known_under_two_rows_became_a_customer_once_and_at_the_first_of_both(world):
    """New in October: two rows of one person, and one whose other row came in September; at home where they are now."""
    for name, unit in (("a-1", "harbour"), ("a-2", "mill"), ("b-1", "harbour"), ("b-2", "harbour"), ("c-1", "harbour")):
        make.customer(external_id=name, unit=getattr(world, unit), segment="retail")
    came = {
        "a-1": ("press", "10-20"), "a-2": ("search", "10-19"), "b-1": ("social", "10-20"), "b-2": ("other", "09-30"),
        "c-1": ("branch", "10-01"),
    }  # fmt: skip
    items = [{"customer": name, "how": how, "acquired_on": f"2026-{day}"} for name, (how, day) in came.items()]
    ingest_acquisitions(items, source="crm", at=NOW)
    assert report(world).heard.by_how == {"press": 1, "search": 1, "social": 1, "branch": 1}
    rows = {row.external_id: row for row in Customer.objects.all()}
    for kept, merged in (("a-1", "a-2"), ("b-1", "b-2")):
        Customer.objects.filter(pk=rows[merged].pk).update(canonical=rows[kept])
    Customer.objects.filter(pk=rows["a-1"].pk).update(segment="premier")
    Customer.objects.filter(pk=rows["c-1"].pk).update(erased_at=NOW)
    assert report(world).heard.by_how == {"search": 1}
    assert report(world, segment="premier").heard.by_how == {"search": 1}
    assert report(world, segment="retail").heard.by_how == {}


def test_the_rows_of_a_merged_person_are_one_customer(world):
    ben = person(world.harbour, 2, revenue="5")
    twin = person(world.mill, 10, revenue="6", on=date(2026, 9, 20))
    Customer.objects.filter(pk=twin.pk).update(canonical=ben)
    assert sums(report(world), "revenue") == {"promoter": (1, Decimal(11))}


def test_a_unit_counts_its_own_customers_and_nobody_elsewhere_sees_them(world):
    person(world.harbour, 10, revenue="10")
    person(world.station, 10, revenue="1")
    assert sums(report(world), "revenue") == {"promoter": (2, Decimal(11))}
    assert sums(report(world, world.north, world.rosa), "revenue") == {"promoter": (1, Decimal(10))}
    with pytest.raises(OrgUnit.DoesNotExist):
        report(world, world.harbour, world.elsa)


def test_a_segment_narrows_the_figures_and_not_the_choice_of_segments(world):
    person(world.harbour, 10, revenue="10", segment="premier")
    person(world.harbour, 10, revenue="1", segment="retail")
    found = report(world, segment="retail")
    assert (sums(found, "revenue"), found.segments) == ({"promoter": (1, Decimal(1))}, ["premier", "retail"])


def test_counting_again_comes_out_equal_and_forgets_what_is_gone(world):
    ben = person(world.harbour, 10, revenue="10")
    count_period(span=OCTOBER, at=NOW)
    first = list(WorthCell.objects.values("unit", "category", "measure", "n", "s1", "s2", "s3"))
    count_period(span=OCTOBER, at=NOW)
    assert list(WorthCell.objects.values("unit", "category", "measure", "n", "s1", "s2", "s3")) == first
    ben.responses.update(category="", score=None)
    count_period(span=OCTOBER, at=NOW)
    assert WorthCell.objects.count() == 0


def test_the_page_opens_with_the_longest_period_that_is_over_and_rich(world):
    for _ in range(30):
        person(world.harbour, 10, revenue="10")
    fill_worth(at=NOW)
    assert usual(periods(), NOW.date()).code == "2026-10"  # nobody had answered before the twelve months


# --- the page and the API --------------------------------------------------------------------------------------------


@pytest.fixture
def rich(world):
    """Forty promoters bring about 100 and forty detractors about 50, at Harbour."""
    items = []
    for k in range(40):
        for score, revenue in ((10, 100), (1, 50)):
            customer = person(world.harbour, score)
            amount = str(revenue + k % 7)
            items.append({"customer": customer.external_id, "period": "2026-10", "currency": "EUR", "revenue": amount})
    ingest_financials(items, source="crm", at=NOW)
    count_period(span=OCTOBER, at=NOW)
    return world


def test_the_page_says_what_was_found_with_its_table_and_its_method(rich):
    response = signed_in(rich.olivia).get("/insights/worth/", {"period": "2026-10"})
    text = " ".join(response.content.decode().split())
    assert response.status_code == 200
    assert "<h1>Promoters brought EUR 50.00 more revenue than detractors</h1>" in text
    assert "EUR 103" in text
    assert '<td class="n">103</td>' in text
    assert "associated with what customers said" in text
    assert "How was this number made?" in text
    assert "causes" not in text


def test_a_branch_elsewhere_sees_no_figure_of_it(rich):
    text = signed_in(rich.elsa).get("/insights/worth/", {"period": "2026-10"}).content.decode()
    assert "EUR" not in text
    assert "No figures here in this period" in text
    for more in ({}, {"format": "csv"}):
        elsewhere = {"unit": rich.harbour.pk, "period": "2026-10", **more}
        assert signed_in(rich.elsa).get("/insights/worth/", elsewhere).status_code == 404


def test_the_tables_of_the_page_come_as_a_file_unrounded_and_the_trail_keeps_who_took_it(rich):
    answer = signed_in(rich.olivia).get("/insights/worth/", {"period": "2026-10", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(row["Table"], row["Category"], row["n"]) for row in rows] == [
        ("revenue", "promoter", "40"), ("revenue", "passive", ""), ("revenue", "detractor", "40"),
    ]  # fmt: skip
    gap = (rows[0]["Mean or share"], rows[0]["Promoters minus detractors"], rows[0]["Verdict"])
    assert gap == ("102.875", "50.0", "higher")
    event = Event.objects.get(what="worth.exported")
    assert (event.subject_id, event.by, event.data) == (
        str(rich.head_office.pk), rich.olivia.user, {"rows": 3, "format": "csv"},
    )  # fmt: skip
    book = signed_in(rich.elsa).get("/insights/worth/", {"period": "2026-10", "format": "xlsx"})
    assert read_xlsx(b"".join(book.streaming_content))[1:] == []


@pytest.mark.parametrize("wrong", [{"period": "1999-01"}, {"currency": "EURO"}, {"currency": "XXX"}, {"unit": "x"}])
def test_a_wrong_filter_is_named_and_nothing_is_shown(rich, wrong):
    response = signed_in(rich.olivia).get("/insights/worth/", wrong)
    assert response.status_code == 400
    assert "Please mend the filters" in response.content.decode()


def test_an_employee_and_a_stranger_see_no_money(rich):
    assert signed_in(rich.jonas).get("/insights/worth/").status_code == 403
    assert Client().get("/insights/worth/").status_code == 302


def test_under_ten_customers_no_mean_is_shown(world):
    for _ in range(4):
        person(world.harbour, 10, revenue="123.45")
    count_period(span=OCTOBER, at=NOW)
    text = signed_in(world.olivia).get("/insights/worth/").content.decode()
    file = signed_in(world.olivia).get("/insights/worth/", {"format": "csv"})
    assert "123" not in text
    assert "under 5" in text
    assert b"promoter,,,,,," in b"".join(file.streaming_content)


def test_the_api_tells_the_same_with_the_definition(rich):
    found = Caller(rich.crm_secret).get("/worth", period="2026-10").json()
    (revenue,) = found["readings"]
    assert [(group["category"], group["n"]) for group in revenue["groups"]] == [
        ("promoter", 40), ("passive", 0), ("detractor", 40)
    ]  # fmt: skip
    assert revenue["gap"]["points"] == pytest.approx(50)
    assert (revenue["gap"]["verdict"], revenue["currency"]) == ("higher", "EUR")
    assert "365 days before the period" in found["category_is"]
    elsewhere = Caller(rich.station_secret)
    assert elsewhere.get("/worth", period="2026-10").json()["readings"] == []
    assert elsewhere.get("/worth", unit=rich.harbour.external_id, period="2026-10").status_code == 404
    assert errors(elsewhere.get("/worth", period="2020-01")) == [("invalid", "period")]
