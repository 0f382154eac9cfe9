"""Financial records come in once, to the cent, whatever the order."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection

from common.models import Event, Load
from crm.models import FinancialRecord
from crm.services.money.controlling import DoesNotAgree, ingest_controlled
from crm.services.money.ingesting import ingest_financials
from crm.services.money.valuing import worth_of
from crm.stretches import stretch, written
from tests.factories import crm as make
from tests.world import NOW

AT = NOW


def record(**fields):
    return {"customer": "c-1", "period": "2026-10", "currency": "EUR", "revenue": "12.50", **fields}


@pytest.fixture
def ben(db):
    return make.customer(external_id="c-1")


def send(*items, at=AT, source="crm"):
    return ingest_financials(list(items), source=source, at=at)


def told(results):
    return [(result.status, [(error["code"], error["field"]) for error in result.errors]) for result in results]


def test_a_record_is_kept_exactly_as_it_was_told(ben):
    item = record(margin="-3.10", balance=1200, share_of_wallet="0.35", product="savings", account="a-7")
    assert told(send(item)) == [("created", [])]
    row = FinancialRecord.objects.get()
    assert (row.customer, row.starts_on, row.ends_before) == (ben, date(2026, 10, 1), date(2026, 11, 1))
    assert (row.revenue, row.margin, row.balance) == (Decimal("12.50"), Decimal("-3.10"), Decimal(1200))
    assert (row.share_of_wallet, row.currency) == (Decimal("0.35"), "EUR")
    assert row.external_id == "c-1|2026-10-01|EUR|savings|a-7"


BARS = {  # product, account: how the rest of the key is written
    ("a|b", ""): r"a\|b", ("a", "b"): "a|b", ("", "b|"): r"|b\|", ("", "b"): "|b", ("a\\", "b"): r"a\\|b",
    ("a\\|b", ""): r"a\\\|b",
}  # fmt: skip


def test_a_bar_within_a_name_does_not_make_two_records_one(ben):
    sent = send(*(record(product=product, account=account) for product, account in BARS))
    assert told(sent) == [("created", [])] * len(BARS)
    keys = {(row.product, row.account): row.external_id for row in FinancialRecord.objects.all()}
    assert keys == {names: f"c-1|2026-10-01|EUR|{rest}" for names, rest in BARS.items()}
    again = send(*(record(product=product, account=account) for product, account in BARS))
    assert told(again) == [("unchanged", [])] * len(BARS)


def test_keys_from_before_are_written_anew_where_a_name_holds_a_bar(ben):
    migration = import_module("crm.migrations.0018_bars_within_keys")
    before = {("a|b", ""): "a|b", ("", "b|"): "|b", ("a\\", "b"): r"a\|b", ("x", "y"): "x|y"}
    send(*(record(product=product, account=account) for product, account in before))
    now = set(FinancialRecord.objects.values_list("external_id", flat=True))
    for row in FinancialRecord.objects.all():
        FinancialRecord.objects.filter(pk=row.pk).update(external_id=f"old {row.pk}")
    for (product, account), rest in before.items():
        row = FinancialRecord.objects.filter(product=product, account=account)
        row.update(external_id=f"c-1|2026-10-01|EUR|{rest}")
    with connection.cursor() as cursor:
        cursor.execute(migration.FORWARD + migration.WRITE)
    assert set(FinancialRecord.objects.values_list("external_id", flat=True)) == now
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE keys_written_anew")  # as at the end of the migration's transaction
        cursor.execute(migration.BACKWARD + migration.WRITE)
    back = set(FinancialRecord.objects.values_list("external_id", flat=True))
    assert back == {f"c-1|2026-10-01|EUR|{rest}" for rest in before.values()}


def test_a_record_never_takes_the_place_of_another_customers_whose_id_reads_alike(ben):
    make.customer(source="dwh", external_id="7")
    make.customer(external_id="dwh/7")
    send(record(customer="dwh/7"))
    other = record(customer={"source": "dwh", "external_id": "7"}, revenue="99")
    assert told(send(other, at=AT + timedelta(days=1))) == [("rejected", [("conflict", "customer")])]
    assert FinancialRecord.objects.get().revenue == Decimal("12.50")


def test_the_same_record_again_changes_nothing_and_a_later_word_replaces_it(ben):
    send(record())
    assert told(send(record())) == [("unchanged", [])]
    assert told(send(record(revenue="13"), at=AT + timedelta(days=1))) == [("updated", [])]
    assert told(send(record(revenue="99", as_of=(AT - timedelta(days=9)).isoformat()))) == [("stale", [])]
    assert [row.revenue for row in FinancialRecord.objects.all()] == [Decimal(13)]


def test_a_month_told_while_it_runs_is_lengthened_and_not_counted_twice(ben):
    send(record(period="2026-10-01/2026-10-15", revenue="5"))
    assert told(send(record(), at=AT + timedelta(days=1))) == [("updated", [])]
    assert [row.revenue for row in FinancialRecord.objects.all()] == [Decimal("12.50")]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("2026-07", "2026-Q3"), ("2026-Q3", "2026-07"), ("2026-07", "2026-07-01/2026-07-10"),
        ("2026-07-01/2026-07-10", "2026-Q3"), ("2026-07-01/2026-07-20", "2026-07-01/2026-07-10"),
    ],
)  # fmt: skip
def test_another_stretch_from_the_same_day_on_is_refused_and_replaces_nothing(ben, first, then):
    send(record(period=first, revenue="100"))
    assert told(send(record(period=then, revenue="900"), at=AT + timedelta(days=1))) == [
        ("rejected", [("overlap", "period")])
    ]
    assert [row.revenue for row in FinancialRecord.objects.all()] == [Decimal(100)]


def test_a_month_and_its_quarter_in_one_list_are_both_refused(ben):
    sent = send(record(period="2026-07"), record(period="2026-Q3"), record(period="2026-06"))
    assert [status for status, _ in told(sent)] == ["rejected", "rejected", "created"]
    assert [row.starts_on.month for row in FinancialRecord.objects.all()] == [6]
    assert [result.errors[0]["message"] for result in sent[:2]] == [
        "In what was sent another stretch begins on this day too: Q3 2026. Send one of them.",
        "In what was sent another stretch begins on this day too: July 2026. Send one of them.",
    ]


def test_days_that_another_record_tells_about_are_refused(ben):
    send(record(period="2026-Q4"))
    assert told(send(record(period="2026-11"))) == [("rejected", [("overlap", "period")])]
    assert told(send(record(period="2026-11", product="loans"))) == [("created", [])]
    assert told(send(record(period="2026-11", currency="USD"))) == [("created", [])]
    both = send(record(period="2025-12"), record(period="2025-12-15/2026-01-15"))
    assert told(both) == [("created", []), ("rejected", [("overlap", "period")])]
    assert both[1].errors[0]["message"] == (
        f"These days are told by the record {both[0].external_id!r} too, which was sent with it."
    )


def test_a_refused_version_leaves_the_days_of_the_record_that_stays_taken(ben):
    """The month that ran would be lengthened over days told elsewhere: it stays as it is, and its days are its own."""
    send(record(period="2026-10-01/2026-10-10"), record(period="2026-10-20/2026-11-01"))
    sent = send(record(period="2026-10-05/2026-10-08"), record(period="2026-10"), at=AT + timedelta(days=1))
    assert told(sent) == [("rejected", [("overlap", "period")])] * 2
    assert set(FinancialRecord.objects.values_list("starts_on", "ends_before")) == {
        (date(2026, 10, 1), date(2026, 10, 10)), (date(2026, 10, 20), date(2026, 11, 1)),
    }  # fmt: skip


def test_an_old_version_of_a_record_is_stale_and_not_refused_for_days_told_since(ben):
    send(record(period="2026-10"), record(period="2026-11"), at=AT + timedelta(days=1))
    old = record(period="2026-Q4", as_of=(AT - timedelta(days=1)).isoformat())
    assert told(send(old, at=AT + timedelta(days=2))) == [("stale", [])]
    rest = controlled([old, record(period="2026-12")], {"rows": 2, "revenue": "25.00"}, at=AT + timedelta(days=2))
    assert told(rest) == [("stale", []), ("created", [])]
    assert set(FinancialRecord.objects.values_list("external_id", "ends_before")) == {
        ("c-1|2026-10-01|EUR", date(2026, 11, 1)), ("c-1|2026-11-01|EUR", date(2026, 12, 1)),
        ("c-1|2026-12-01|EUR", date(2027, 1, 1)),
    }  # fmt: skip


def test_a_record_that_says_nothing_or_more_than_its_currency_holds_is_refused(ben):
    assert told(send(record(revenue=None))) == [("rejected", [("invalid", None)])]
    assert told(send(record(currency="JPY", revenue="12.5"))) == [("rejected", [("invalid", "revenue")])]
    assert told(send(record(currency="KWD", revenue="12.512"))) == [("created", [])]
    assert told(send(record(revenue="1,250.00"))) == [("rejected", [("invalid", "revenue")])]
    assert told(send(record(currency="XYZ"))) == [("rejected", [("invalid", "currency")])]
    assert told(send(record(share_of_wallet="1.2"))) == [("rejected", [("invalid", "share_of_wallet")])]
    assert told(send(record(period="2026-13"))) == [("rejected", [("invalid", "period")])]
    assert told(send(record(external_id="other"))) == [("rejected", [("invalid", "external_id")])]
    assert told(send(record(customer="nobody"))) == [("rejected", [("unknown", "customer")])]
    assert FinancialRecord.objects.count() == 1


def test_a_key_tells_of_the_customers_in_its_sight_only(world):
    item = {"customer": world.ines.external_id, "period": "2026-10", "currency": "EUR", "revenue": 1}
    results = ingest_financials([item], source="crm", at=AT, principal=world.station_key)
    assert told(results) == [("rejected", [("unknown", "customer")])]
    assert FinancialRecord.objects.count() == 0


# --- control totals --------------------------------------------------------------------------------------------------


def controlled(items, control, at=AT):
    return ingest_controlled(items, control=control, source="crm", at=at)


def test_a_list_that_agrees_with_its_totals_comes_in(ben):
    items = [record(), record(period="2026-09", revenue=0.1), record(period="2026-08", currency="USD", revenue="3")]
    results = controlled(items, {"rows": 3, "revenue:EUR": "12.60", "revenue:USD": "3.00"})
    assert [result.status for result in results] == ["created"] * 3


def test_a_list_that_differs_by_a_cent_is_refused_as_a_whole_with_the_difference(ben):
    items = [record(), record(period="2026-09")]
    with pytest.raises(DoesNotAgree) as refusal:
        controlled(items, {"rows": 3, "revenue": "25.01"})
    assert [(e["field"], e["message"]) for e in refusal.value.errors] == [
        ("control.rows", "Declared 3, received 2: 1 too little."),
        ("control.revenue", "Declared 25.01, received 25.00: 0.01 too little."),
    ]
    assert FinancialRecord.objects.count() == 0
    load = Load.objects.get()
    assert load.failure.startswith("Declared 3, received 2")
    assert Event.objects.get().what == "load.refused"


def test_a_list_that_agrees_but_holds_a_refused_or_doubled_row_stores_nothing(ben):
    for second, field in ((record(customer="nobody"), "items.1.customer"), (record(), "items.1")):
        with pytest.raises(DoesNotAgree) as refusal:
            controlled([record(), second], {"revenue": "25.00"})
        assert [error["field"] for error in refusal.value.errors] == [field]
    assert FinancialRecord.objects.count() == 0


def test_a_total_of_several_currencies_has_no_meaning(ben):
    with pytest.raises(DoesNotAgree) as refusal:
        controlled([record(), record(currency="USD")], {"revenue": "25.00"})
    assert "Rows came in EUR, USD" in str(refusal.value)


@pytest.mark.parametrize("control", [{}, {"rows": "many"}, {"profit": "1"}, {"revenue": "1e3"}])
def test_totals_that_cannot_be_read_are_refused(ben, control):
    with pytest.raises(DoesNotAgree):
        controlled([record()], control)
    assert FinancialRecord.objects.count() == 0


# --- one customer ----------------------------------------------------------------------------------------------------


def test_what_a_customer_is_worth_adds_up_twelve_months_by_days(ben):
    send(*(record(period=f"2026-{month:02}", revenue="100", margin="10") for month in range(1, 11)))
    send(*(record(period=f"2025-{month:02}", revenue="50") for month in range(1, 13)), at=AT + timedelta(hours=1))
    send(record(period="2024-11-01/2025-01-01", revenue="61", balance="7", share_of_wallet="0.25"))
    send(record(period="2026-10", currency="USD", revenue="9", balance="40"))
    worth = worth_of(rows=[ben.pk], at=AT)
    assert worth.until == date(2026, 11, 1)
    assert worth.share_of_wallet == Decimal("0.25")
    euro, dollar = worth.money
    assert (euro.currency, euro.revenue, euro.margin) == ("EUR", Decimal("1100.00"), Decimal("100.00"))
    assert euro.before == Decimal("561.00")  # ten months of 50, and 61 for November and December 2024
    assert (euro.balance, euro.trend) == (Decimal(7), "up")
    assert (dollar.revenue, dollar.margin, dollar.balance, dollar.trend) == (Decimal("9.00"), None, Decimal(40), "")


def test_balances_of_a_persons_rows_add_up_and_an_account_that_two_of_them_hold_counts_once(ben):
    twin = make.customer(external_id="c-2")
    send(record(balance="1000"), record(customer="c-2", balance="500"))
    send(record(balance="70", account="joint"), record(customer="c-2", balance="70", account="joint"))
    assert worth_of(rows=[ben.pk, twin.pk], at=AT).money[0].balance == Decimal(1570)


def test_a_record_across_the_edge_counts_by_its_days(ben):
    send(record(period="2025-10-02/2026-10-02", revenue="365", margin=None))
    send(record(period="2026-10-02/2026-11-01", revenue="30"))
    assert worth_of(rows=[ben.pk], at=AT).money[0].revenue == Decimal("365.00")  # 335 of 365 days, and 30


def test_a_customer_of_whom_nothing_is_told_has_no_worth_rather_than_none(ben):
    worth = worth_of(rows=[ben.pk], at=AT)
    assert (list(worth.money), worth.share_of_wallet, worth.joined_on) == ([], None, None)


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start", "end", "words"),
    [
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1), "December 2026"),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1), "Q4 2026"),
        ("2024", date(2024, 1, 1), date(2025, 1, 1), "2024"),
        ("2025-11-01/2026-11-01", date(2025, 11, 1), date(2026, 11, 1), "November 2025 to October 2026"),
        ("2026-02-03/2026-02-10", date(2026, 2, 3), date(2026, 2, 10), "3 February 2026 to 9 February 2026"),
    ],
)
def test_a_stretch_of_days_is_read_and_written(text, start, end, words):
    assert stretch(text) == (start, end)
    assert written(stretch(text)) == words


@pytest.mark.parametrize("text", ["", "2026-00", "2026-Q5", "26-01", "2026-01-05/2026-01-05", "1900", "2026-01-01/x"])
def test_what_names_no_days_is_refused(text):
    with pytest.raises(ValueError, match=r"Give|first day"):
        stretch(text)
