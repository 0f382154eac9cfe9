"""The bank's books follow from the truth, and what the house reads in them is what was planted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Max, Sum

from analytics.services.worth.filling import count_period
from crm.dated import Span
from crm.models import Acquisition, CustomerOffer, FinancialRecord, OrgUnit, Relationship
from crm.services.ingesting import ingest_customers
from demo.books import left_on, newcomers, records, stay, stretches
from demo.company.bank import SOURCE, build
from demo.company.sizes import SMALL
from demo.earning import earn, propose
from demo.earning_in_sets import earn_in_sets
from demo.items import customer_item
from demo.recording import CUSTOMERS, MONEY, customer_row, money_rows, table
from demo.settling_in import accepted, settle_in
from demo.truth.money import WALLET, loyalty, worth
from tests.demo.conftest import DAY, NOW

YEAR = replace(SMALL, days=365, customers=300)


@pytest.fixture(scope="module")
def bank():
    return build(7, YEAR, until=DAY)


def people(bank):
    return [bank.customer(number) for number in range(1, bank.size.customers + 1)]


def test_the_books_tell_every_day_of_two_years_once(bank):
    spans = stretches(date(2026, 11, 22))
    assert spans[0].start == date(2024, 10, 1)
    assert spans[-1] == Span(date(2026, 11, 1), date(2026, 11, 22))
    assert [one.end for one in spans[:-1]] == [next_.start for next_ in spans[1:]]


def test_whoever_left_has_no_record_afterwards(bank):
    gone = [(person, day) for person in people(bank) if (day := left_on(bank, person, worth(bank, person)))]
    assert len(gone) > 5
    for person, day in gone:
        ends = [item["period"].split("/")[1] for item in records(bank, person)]
        assert max(ends) <= day.isoformat()
        assert stay(bank, person)["left_on"] == day.isoformat()


def test_loyal_customers_bring_more_and_bring_others(bank):
    """Half of the customers of each segment, by loyalty: the planted difference is there before anybody measures it."""
    brought, told = defaultdict(int), defaultdict(list)
    for item in newcomers(bank):
        brought[item.get("referred_by")] += 1
    for person in people(bank):
        revenue = sum(Decimal(item["revenue"]) for item in records(bank, person))
        told[person.segment].append((loyalty(bank, person), revenue, brought[person.code]))
    for rows in told.values():
        rows.sort()
        half = len(rows) // 2
        assert sum(row[1] for row in rows[-half:]) > sum(row[1] for row in rows[:half])
    retail = sorted(told["retail"])
    assert sum(row[2] for row in retail[len(retail) // 2 :]) > sum(row[2] for row in retail[: len(retail) // 2])


@pytest.mark.django_db
def test_the_books_come_in_by_the_services_and_add_up():
    bank = build(7, replace(SMALL, days=60, customers=120), until=DAY)
    opened = datetime.combine(bank.begins, datetime.min.time(), NOW.tzinfo) - timedelta(days=1)
    settle_in(bank, at=opened)
    accepted(ingest_customers([customer_item(p, opened) for p in people(bank)], source=SOURCE, at=opened))
    propose(at=opened)
    earn(bank, at=NOW)
    joined = {item["customer"]: date.fromisoformat(item["acquired_on"]) for item in newcomers(bank)}
    sent = [item for person in people(bank) for item in records(bank, person, joined.get(person.code))]
    stored = FinancialRecord.objects.aggregate(sum=Sum("revenue"))["sum"]
    assert (FinancialRecord.objects.count(), stored) == (len(sent), sum(Decimal(item["revenue"]) for item in sent))
    assert (Relationship.objects.count(), Acquisition.objects.count()) == (120, len(joined))
    assert CustomerOffer.objects.filter(offer__external_id="travel-cover").count() == 120
    assert OrgUnit.objects.exists()
    count_period(span=Span(date(2026, 10, 1), date(2026, 11, 1)), at=NOW)


@pytest.mark.django_db
def test_the_books_of_a_large_bank_tell_the_same_in_sets(bank, tmp_path):
    """Whoever was there all the time has the very records of the small bank's way, the share of wallet apart, which is
    drawn; so is who came when, and how."""
    opened = datetime.combine(bank.begins, datetime.min.time(), NOW.tzinfo) - timedelta(days=1)
    settle_in(bank, at=opened)
    accepted(ingest_customers([customer_item(p, opened) for p in people(bank)], source=SOURCE, at=opened))
    write_truth(bank, tmp_path)
    earn_in_sets(bank, tmp_path, at=NOW)
    came = set(Acquisition.objects.values_list("customer__external_id", flat=True))
    stayed = [p for p in people(bank) if p.code not in came and left_on(bank, p, worth(bank, p)) is None]
    sent = {(p.code, *item["period"].split("/")): item for p in stayed for item in records(bank, p)}
    stored = {
        (row.customer.external_id, str(row.starts_on), str(row.ends_before)): row
        for row in FinancialRecord.objects.filter(customer__external_id__in=[p.code for p in stayed])
        .select_related("customer")
    }  # fmt: skip
    assert len(stayed) > 200
    assert stored.keys() == sent.keys()
    within = [key for key in sent if key[1] >= bank.begins.isoformat()]
    assert {abs(stored[key].revenue - Decimal(sent[key]["revenue"])) <= Decimal("0.01") for key in within} == {True}
    balances = {key for key, row in stored.items() if row.balance}
    assert balances == {key for key, item in sent.items() if "balance" in item}
    shares = [float(row.share_of_wallet) for row in stored.values()]
    assert abs(sum(shares) / len(shares) - WALLET) < 0.05
    assert Relationship.objects.count() == 300
    gone = dict(Relationship.objects.exclude(left_on=None).values_list("customer__external_id", "left_on"))
    last = FinancialRecord.objects.filter(customer__external_id__in=gone).values_list("customer__external_id")
    ends = dict(last.annotate(end=Max("ends_before")))
    assert len(ends) > 5
    assert {end <= gone[code] for code, end in ends.items()} == {True}
    joined = dict(Relationship.objects.values_list("customer", "joined_on"))
    assert {joined[one.customer_id] == one.acquired_on for one in Acquisition.objects.all()} == {True}


def write_truth(bank, folder):
    with table(folder / "customers.csv.gz", CUSTOMERS) as rows:
        rows.writerows(customer_row(bank, person) for person in people(bank))
    with table(folder / "money.csv.gz", MONEY) as rows:
        for person in people(bank):
            rows.writerows(money_rows(bank, person))
