"""Files of money: all of a file or nothing, and a telephone company's own customers, charges, tenure and churn."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Q, Sum

from common.models import Event, Load
from crm.models import Customer, Feed, FinancialRecord, MissingDetail, ProfileDetail, Relationship, Source
from crm.models.landing import LandingFinancial
from crm.services.landing.taking_in import take_in
from crm.services.loading import Refused
from crm.services.money.ingesting import ingest_financials
from tests.crm.files import load, rejects, sums, written
from tests.factories import crm as make
from tests.world import NOW

TELCO = Path(__file__).resolve().parents[3] / "shared" / "data" / "telco_churn_ibm" / "Telco-Customer-Churn.csv"
HEAD = "customer,period,currency,revenue,margin\n"
ROWS = "c-1,2026-09,EUR,10.10,1\nc-1,2026-10,EUR,0.05,\nc-2,2026-10,EUR,5,-2.50\n"


@pytest.fixture
def path(tmp_path, db):
    for name in ("c-1", "c-2"):
        make.customer(external_id=name)
    return written(tmp_path / "books.csv", HEAD + ROWS)


def controlled(path, allow_rejects=False, **control):
    return load(path, "financials", given={"control": control, "allow_rejects": allow_rejects})


def test_a_file_that_agrees_with_its_totals_comes_in(path):
    found = controlled(path, rows="3", revenue="15.15", **{"margin:EUR": "-1.50"})
    assert sums(found) == {"received": 3, "created": 3}
    assert found.options["came"] == {"revenue:EUR": "15.15", "margin:EUR": "-1.50"}
    assert FinancialRecord.objects.aggregate(sum=Sum("revenue"))["sum"] == Decimal("15.15")
    assert sums(controlled(path, revenue="15.15")) == {"received": 3, "unchanged": 3}


def test_a_file_that_differs_by_a_cent_leaves_nothing_but_a_load_that_says_so(path):
    with pytest.raises(Refused, match=r"revenue: Declared 15\.16, received 15\.15: 0\.01 too little\."):
        controlled(path, rows="3", revenue="15.16")
    assert FinancialRecord.objects.count() == 0
    failed = Load.objects.get()
    assert "0.01 too little" in failed.failure
    assert Event.objects.count() == 0


def test_rows_that_are_refused_refuse_the_file_unless_they_are_allowed(path):
    written(path, HEAD + ROWS + "nobody,2026-10,EUR,1.00,\n")
    with pytest.raises(Refused, match="1 row was refused"):
        controlled(path, revenue="16.15")
    assert FinancialRecord.objects.count() == 0
    assert [row[0] for row in rejects(path)] == ["5"]
    with pytest.raises(Refused, match=r"Declared 15\.15, received 16\.15"):
        controlled(path, revenue="15.15", allow_rejects=True)  # totals are of the whole file
    assert sums(controlled(path, revenue="16.15", allow_rejects=True)) == {"received": 4, "created": 3, "rejected": 1}


def test_a_feed_may_take_records_only_with_control_totals(path):
    source = Source.objects.create(code="crm", name="Books", created_at=NOW)
    feed = Feed(source=source, kind="financials", needs_totals=True, began_at=NOW)
    feed.save()
    with pytest.raises(Refused, match="only with control totals"):
        load(path, "financials")
    (alone,) = ingest_financials(
        [{"customer": "c-1", "period": "2026-09", "currency": "EUR", "revenue": "1"}], source="crm", at=NOW
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO landing.financials (source, customer, period, currency, revenue)"
            " VALUES ('crm', 'c-1', '2026-09', 'EUR', 1)"
        )
    take_in(at=NOW)
    landed = LandingFinancial.objects.get()
    assert [error["code"] for error in (*alone.errors, *landed.error)] == ["control_total"] * 2
    assert FinancialRecord.objects.count() == 0
    assert sums(load(path, "financials", dry_run=True)) == {"received": 3, "created": 3}  # nothing of it is stored
    assert sums(controlled(path, revenue="15.15")) == {"received": 3, "created": 3}
    feed.kind = "customers"
    with pytest.raises(ValidationError, match="Only financials come with control totals"):
        feed.full_clean()


def test_a_record_that_stands_in_a_controlled_file_twice_refuses_it(path):
    written(path, HEAD + ROWS + "c-1,2026-10,EUR,0.05,\n")
    with pytest.raises(Refused, match=r"twice: c-1\|2026-10-01\|EUR"):
        controlled(path, revenue="15.20")
    assert FinancialRecord.objects.count() == 0


def test_the_totals_may_stand_in_a_file_beside_or_on_the_command_line(path, capsys):
    beside = path.with_name("books.csv.control.json")
    beside.write_text(json.dumps({"rows": 3, "revenue:EUR": "15.16"}))
    with pytest.raises(CommandError, match="revenue:EUR: Declared"):
        call_command("load", "financials", str(path), "--source", "crm")
    call_command("load", "financials", str(path), "--source", "crm", "--control", "revenue=15.15")
    assert "3 read = 3 created" in capsys.readouterr().out
    beside.write_text("[1]")
    with pytest.raises(CommandError, match="expected an object"):
        call_command("load", "financials", str(path), "--source", "crm")


def test_a_tenure_in_months_becomes_days(path):
    head, row = "customer,tenure,gone\n", "c-1,14,Yes\nc-2,0,No\n"
    columns = {"customer": "customer", "tenure_months": "tenure", "told_on": "=2026-11-01", "left": "gone"}
    assert sums(load(written(path, head + row), "relationships", columns=columns)) == {"received": 2, "created": 2}
    stays = {row.customer.external_id: (row.joined_on, row.left_on) for row in Relationship.objects.all()}
    assert stays == {"c-1": (date(2025, 9, 1), date(2026, 11, 1)), "c-2": (date(2026, 11, 1), None)}
    written(path, "customer,tenure,gone\nc-1,many,Yes\nc-1,3,perhaps\n")
    assert sums(load(path, "relationships", columns=columns)) == {"received": 2, "rejected": 2}


def test_missing_details_come_in_one_cell(path):
    for code in ("income", "birth"):
        ProfileDetail.objects.create(code=code, label=code, ask="?")
    written(path, "customer,details\nc-1,income birth\nc-2,\n")
    assert sums(load(path, "missing-details")) == {"received": 2, "created": 1, "unchanged": 1}
    assert MissingDetail.objects.count() == 2


# --- real data -------------------------------------------------------------------------------------------------------


@pytest.fixture
def telco(tmp_path, db):
    """A copy of the file of 7,043 customers, so that reject files do not land beside the original."""
    if not TELCO.exists():
        pytest.skip("../shared/data/telco_churn_ibm is not here")
    return written(tmp_path / "telco.csv", TELCO.read_bytes())


def lines(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def take_customers(path):
    columns = {"external_id": "customerID", "segment": "Contract", "attributes.payment": "PaymentMethod"}
    assert sums(load(path, source="telco", columns=columns)) == {"received": 7043, "created": 7043}


@pytest.mark.shared
def test_the_telephone_companys_churn_is_the_files_own(telco):
    take_customers(telco)
    columns = {"customer": "customerID", "tenure_months": "tenure", "told_on": "=2026-11-01", "left": "Churn"}
    found = load(telco, "relationships", source="telco", columns=columns)
    assert sums(found) == {"received": 7043, "created": 7043}
    churn = Customer.objects.values("segment").annotate(
        n=Count("pk"), left=Count("pk", filter=Q(relationships__left_on__isnull=False))
    )
    own = Counter(row["Contract"] for row in lines(telco))
    gone = Counter(row["Contract"] for row in lines(telco) if row["Churn"] == "Yes")
    assert {row["segment"]: (row["n"], row["left"]) for row in churn} == {name: (own[name], gone[name]) for name in own}
    assert (sum(gone.values()), round(sum(gone.values()) / 7043, 4)) == (1869, 0.2654)
    longest = Relationship.objects.order_by("joined_on")[0]
    assert longest.joined_on == date(2020, 11, 1)  # 72 months


@pytest.mark.shared
def test_the_telephone_companys_charges_agree_with_the_file_to_the_cent(telco):
    take_customers(telco)
    monthly = sum(Decimal(row["MonthlyCharges"]) for row in lines(telco))
    columns = {"customer": "customerID", "period": "=2026-10", "currency": "=USD", "revenue": "MonthlyCharges"}
    given = {"control": {"rows": "7043", "revenue:USD": str(monthly)}, "allow_rejects": False}
    found = load(telco, "financials", source="telco", columns=columns, given=given)
    assert sums(found) == {"received": 7043, "created": 7043}
    assert FinancialRecord.objects.aggregate(sum=Sum("revenue"))["sum"] == monthly == Decimal("456116.60")


@pytest.mark.shared
def test_eleven_customers_without_a_total_are_told_and_refuse_the_file_until_they_are_allowed(telco):
    take_customers(telco)
    told = [Decimal(row["TotalCharges"]) for row in lines(telco) if row["TotalCharges"].strip()]
    columns = {
        "customer": "customerID", "currency": "=USD", "revenue": "TotalCharges", "tenure_months": "tenure",
        "told_on": "=2026-11-01",
    }  # fmt: skip
    given = {"control": {"rows": "7043", "revenue": str(sum(told))}}
    with pytest.raises(Refused, match="11 rows were refused"):
        load(telco, "financials", source="telco", columns=columns, given=given)
    assert FinancialRecord.objects.count() == 0
    blank = [row["customerID"] for row in lines(telco) if not row["TotalCharges"].strip()]
    assert [row[2] for row in rejects(telco)] == blank
    assert "The first day must come before" in rejects(telco)[0][1]  # a tenure of no months
    found = load(telco, "financials", source="telco", columns=columns, given=given | {"allow_rejects": True})
    assert sums(found) == {"received": 7043, "created": 7032, "rejected": 11}
    assert FinancialRecord.objects.aggregate(sum=Sum("revenue"))["sum"] == sum(told) == Decimal("16056168.70")
