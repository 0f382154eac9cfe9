"""Landing tables: any tool may write, the job takes in, every row says what became of it."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from common.models import Event, Load, Trial
from crm.models import Consent, ContactPoint, Customer, Delivery, FinancialRecord, Interaction, OrgUnit
from crm.models.landing import LandingCustomer, LandingEmployee, LandingInteraction
from crm.services.landing.forgetting import forget
from crm.services.landing.tables import KEPT, TABLES
from crm.services.landing.taking_in import take_in
from crm.services.loading import kinds
from tests.factories import crm as make
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
DOC = (Path(__file__).resolve().parents[2] / "docs" / "landing.md").read_text()


def land(table: str, *rows: dict[str, Any], source: str = "crm") -> None:
    with connection.cursor() as cursor:
        for row in rows:
            given = {"source": source, **row}
            names, places = ", ".join(given), ", ".join(["%s"] * len(given))
            cursor.execute(f"INSERT INTO landing.{table} ({names}) VALUES ({places})", list(given.values()))


def visit(world: World, number: int, **more: Any) -> dict[str, Any]:
    return {
        "external_id": f"v-{number}", "kind": "branch-visit", "customer": world.ines.external_id,
        "unit": world.harbour.external_id, "occurred_at": "2026-11-24 09:00+00", **more,
    }  # fmt: skip


# --- taking in ---


def test_a_row_that_landed_becomes_a_customer(world: World):
    land(
        "customers",
        {
            "external_id": "c-77", "given_name": "Ada", "language": "fr", "unit": world.harbour.external_id,
            "attributes": '{"tier": 2}', "email": "Ada@example.org", "sms": "+33612345678", "preferred": "sms",
            "consent_email_survey": True, "consent_sms_survey": False, "consent_at": "2026-11-01 08:00+00",
            "consent_evidence": "form 7",
        },
    )  # fmt: skip
    assert take_in(at=NOW) == 1
    ada = Customer.objects.get(source="crm", external_id="c-77")
    assert (ada.given_name, ada.language, ada.unit, ada.attributes) == ("Ada", "fr", world.harbour, {"tier": 2})
    points = ContactPoint.objects.filter(customer=ada).order_by("channel")
    assert [(p.channel, p.normalized, p.preferred) for p in points] == [
        ("email", "ada@example.org", False),
        ("sms", "+33612345678", True),
    ]
    said = Consent.objects.filter(customer=ada).order_by("channel")
    assert [(c.channel, c.purpose, c.granted, c.evidence) for c in said] == [
        ("email", "survey", True, "form 7"),
        ("sms", "survey", False, "form 7"),
    ]


def test_a_row_that_names_no_address_leaves_the_addresses_as_they_are(world: World):
    land("customers", {"external_id": world.ines.external_id, "family_name": "Moreau-Lind"})
    take_in(at=NOW + timedelta(days=1))
    world.ines.refresh_from_db()
    assert world.ines.family_name == "Moreau-Lind"
    assert world.ines.contact_points.count() == 2


def test_every_row_is_marked_with_what_became_of_it(world: World):
    land("interactions", visit(world, 1), visit(world, 2, unit="nowhere", occurred_at=None))
    assert take_in(at=NOW) == 2
    good, bad = LandingInteraction.objects.order_by("pk")
    load = Load.objects.get()
    assert (good.error, good.load_id, bad.load_id) == (None, load.pk, load.pk)
    assert good.taken_at is not None
    assert bad.taken_at is not None
    assert {error["field"] for error in bad.error} == {"occurred_at"}
    assert {name: number for name, number in load.counts.items() if number} == {
        "received": 2, "created": 1, "rejected": 1,
    }  # fmt: skip
    assert Interaction.objects.filter(external_id__in=["v-1", "v-2"]).count() == 1


def test_what_was_wrong_is_told_by_the_columns_of_the_table(world: World):
    land("employees", {"external_id": "e-9", "name": "Nia", "unit": "nowhere"})
    land("customers", {"external_id": "c-9", "email": "ada@", "phone": "12", "attributes": '{"tier": [1]}'},
         {"external_id": "c-8", "consent_phone_callback": True, "consent_at": "2027-01-01 00:00+00"})  # fmt: skip
    take_in(at=NOW)
    told = [
        {error["field"] for error in row.error}
        for table in (LandingEmployee, LandingCustomer)
        for row in table.objects.exclude(error=None).order_by("pk")
    ]
    assert told == [{"unit"}, {"email", "phone", "attributes"}, {"consent_at"}]


def test_what_a_row_refers_to_may_land_with_it(world: World):
    land("interactions", visit(world, 1, customer="c-9", unit="b-9", attributes='{"wait_minutes": 7}'))
    land("customers", {"external_id": "c-9", "unit": "b-9"})
    land("units", {"external_id": "b-9", "name": "Quay", "zone": "Europe/London", "parent": world.north.external_id})
    assert take_in(at=NOW) == 3
    found = Interaction.objects.get(external_id="v-1")
    assert (found.customer.external_id, found.unit.name, found.attributes) == ("c-9", "Quay", {"wait_minutes": 7})
    assert OrgUnit.objects.visible_to(world.rosa.user).filter(name="Quay").exists()


def test_a_run_leaves_one_load_for_each_kind_and_source(world: World):
    land("interactions", *[visit(world, number) for number in range(5)])
    land("customers", {"external_id": "x-1"}, {"external_id": "x-2"}, source="desk")
    take_in(at=NOW, limit=2)
    told = {(load.kind, load.source): (load.counts["received"], load.finished_at) for load in Load.objects.all()}
    assert told == {("interactions", "crm"): (5, NOW), ("customers", "desk"): (2, NOW)}
    assert Event.objects.filter(what="load.finished").count() == 2


def test_a_second_run_finds_nothing_to_do(world: World):
    land("interactions", visit(world, 1))
    take_in(at=NOW)
    assert take_in(at=NOW) == 0
    assert Load.objects.count() == 1


def test_what_is_taken_in_counts_for_the_feed(world: World):
    land("interactions", visit(world, 1), visit(world, 2, unit="nowhere"))
    take_in(at=NOW)
    assert list(Delivery.objects.values_list("source", "kind", "received", "rejected")) == [
        ("crm", "interactions", 2, 1)
    ]


def test_a_row_at_which_the_job_itself_fails_holds_up_no_other(world: World):
    land("interactions", *[visit(world, number) for number in range(6)])
    with connection.cursor() as cursor:  # the fault is in the database, and goes with the test's transaction
        cursor.execute(FAULT)
    assert take_in(at=NOW) == 5
    assert list(LandingInteraction.objects.filter(taken_at=None).values_list("pk", flat=True)) == [
        trial.first for trial in Trial.objects.all()
    ]


FAULT = """
CREATE FUNCTION a_fault() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.external_id = 'v-3' THEN RAISE EXCEPTION 'poison'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_fault BEFORE UPDATE ON landing.interactions FOR EACH ROW EXECUTE FUNCTION a_fault()
"""


def test_what_a_customer_brought_lands_to_the_cent(world: World):
    told = {"customer": world.ines.external_id, "period": "2026-10", "currency": "EUR"}
    land("financials", {**told, "revenue": Decimal("1234567.89"), "margin": Decimal("0.10")})
    assert take_in(at=NOW) == 1
    found = FinancialRecord.objects.get(customer=world.ines)
    assert (found.revenue, found.margin, found.balance) == (Decimal("1234567.890"), Decimal("0.100"), None)


@pytest.mark.parametrize("source", ["", " crm", "crm ", "c\tm", "x" * 61])
def test_a_row_without_a_proper_source_does_not_land(source: str):
    with pytest.raises(Exception, match="violates check constraint"), transaction.atomic():
        land("customers", {"external_id": "c-1"}, source=source)


# --- forgetting ---


def test_what_was_taken_long_ago_goes_and_what_waits_stays(world: World, settings: Any):
    land("customers", {"external_id": "c-1"}, {"external_id": "c-2"}, {"external_id": "c-3"})
    settings.LANDING_DAYS = 30
    old, young, waits = LandingCustomer.objects.order_by("pk")
    LandingCustomer.objects.filter(pk=old.pk).update(taken_at=NOW - timedelta(days=31))
    LandingCustomer.objects.filter(pk=young.pk).update(taken_at=NOW - timedelta(days=29))
    assert forget(at=NOW) == 1
    assert list(LandingCustomer.objects.order_by("pk")) == [young, waits]


# --- who may write ---


@pytest.fixture
def etl(db: None) -> str:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE etl_of_tests")
    return "etl_of_tests"


def as_role(role: str, statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(statement)
        cursor.execute("RESET ROLE")


def test_a_role_that_was_let_in_writes_its_columns_and_reads_the_outcome(etl: str, capsys: Any):
    call_command("grant_landing", etl, "--run")
    as_role(etl, "INSERT INTO landing.customers (source, external_id) VALUES ('desk', 'c-1')")
    as_role(etl, "SELECT taken_at, error FROM landing.customers")
    assert LandingCustomer.objects.get().source == "desk"
    assert 'GRANT USAGE ON SCHEMA landing TO "etl_of_tests";' in capsys.readouterr().out


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO landing.customers (source, taken_at) VALUES ('desk', now())",
        "UPDATE landing.customers SET external_id = 'x'",
        "DELETE FROM landing.customers",
        "SELECT * FROM crm_customer",
        "CREATE TABLE landing.mine (id int)",
    ],
)
def test_it_may_do_nothing_else(etl: str, statement: str, capsys: Any):
    call_command("grant_landing", etl, "--run")
    with pytest.raises(ProgrammingError, match="permission denied"):
        as_role(etl, statement)


def test_printing_the_grants_grants_nothing(etl: str, capsys: Any):
    call_command("grant_landing", etl)
    with pytest.raises(ProgrammingError, match="permission denied"):
        as_role(etl, "SELECT 1 FROM landing.customers")


def test_a_role_that_does_not_exist_is_named(capsys: Any):
    with pytest.raises(CommandError, match='role "nobody_there" does not exist'):
        call_command("grant_landing", "nobody_there", "--run")


def test_a_strange_name_is_quoted(capsys: Any):
    call_command("grant_landing", 'x"; DROP TABLE crm_customer; --')
    assert 'TO "x""; DROP TABLE crm_customer; --";' in capsys.readouterr().out


# --- tables, list, docs and files say the same ---


def columns_in_database(table: str) -> dict[str, tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum)"
            " FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped",
            [f"landing.{table}"],
        )
        return {name: (kind, said) for name, kind, said in cursor.fetchall()}


LONG = {"timestamptz": "timestamp with time zone"}


@pytest.mark.parametrize("name", TABLES)
def test_the_table_has_the_columns_that_are_declared(name: str):
    found = columns_in_database(name)
    declared = {column: LONG.get(kind, kind) for column, kind in TABLES[name].columns.items()}
    assert {column: kind for column, (kind, _) in found.items() if column not in KEPT} == declared
    assert set(KEPT) < set(found)


@pytest.mark.parametrize("name", TABLES)
def test_the_docs_say_of_each_column_what_the_database_says(name: str):
    part = DOC.split(f"### landing.{name}\n")[1].split("\n### ")[0]
    told = {
        column: (LONG.get(kind, kind), said)
        for column, kind, said in re.findall(r"\| `(\w+)` \| (\w+) \| (.+) \|", part)
    }
    assert told == {column: said for column, said in columns_in_database(name).items() if column not in KEPT}


def test_the_docs_say_what_every_table_has():
    part = DOC.split("### Every table\n")[1].split("\n### ")[0]
    told = dict(re.findall(r"\| `(\w+)` \| \w+ \| (.+) \|", part))
    assert told == {column: said for column, (_, said) in columns_in_database("units").items() if column in KEPT}


@pytest.mark.parametrize("name", [name for name in TABLES if name in kinds()])
def test_each_column_is_a_field_that_files_of_the_kind_know(name: str):
    table, kind = TABLES[name], kinds()[name]
    objects = {column for column, sort in table.columns.items() if sort == "jsonb"}
    assert [c for c in table.columns if c not in objects and not kind.knows(table.field_of(c))] == []
    assert [field for field in kind.required() if field not in map(table.field_of, table.columns)] == []


def test_an_example_of_the_docs_works(world: World):
    example = re.search(r"INSERT INTO landing\.customers.*?;", DOC, re.DOTALL)
    assert example
    with connection.cursor() as cursor:
        cursor.execute(example[0])
    make.unit(source="core-banking", external_id="B-HAR")
    take_in(at=NOW)
    assert Customer.objects.get(source="core-banking").name == "Ines Moreau"
