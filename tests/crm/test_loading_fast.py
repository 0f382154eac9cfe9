"""The fast lane judges as the shapes do: whatever the rows, both leave the same tables, counts and refusals."""

from __future__ import annotations

import csv
import io
import os
import random
from datetime import timedelta

import phonenumbers
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.addresses import normalize
from crm.models import Customer, Feed, Interaction, Source
from crm.services.arriving import Intake
from crm.services.contacting import choose
from crm.services.loading import kind_named
from crm.services.loading.fast.plain_addresses import is_plain
from crm.services.loading.fast.text import traits_of
from crm.services.loading.layouts import layout_of
from crm.services.loading.records import stretches_of
from crm.services.loading.sources import look_at
from tests.crm.files import load, rejects, sums, tables, written
from tests.factories import crm as make
from tests.world import NOW

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))  # 25 are a minute of a slow day; 1,000 hold more
TEXTS = [
    "", "Ann", "Zoë", "李小龙", "Cafe\u0301", "a  b", " Ann ", "O'Neill", 'the "one"', "a,b", "two\nlines", "x" * 61,
    "x" * 121, "\u202eabc", "nul\0l", "\u00a0", "\t", "\x01", "\\.", "\\N", "NULL", "%s", "👩\u200d👦", "=1+1",
    "\ufeffx",
]  # fmt: skip
MOMENTS = [
    "", "2026-11-20T08:00:00Z", "2026-11-20T08:00:00.123+01:00", "2026-11-20 08:00+00:00", "2026-11-20T08:00:00",
    "2026-02-29T08:00:00Z", "2024-02-29T08:00:00Z", "1969-12-31T23:00:00Z", "2026-11-24T10:59:00Z",
    "2026-11-24T11:01:00Z",
    "2026-11-20T24:00:00Z", "2026-11-20T08:00:60Z", "yesterday", "now", "infinity", "2026-11-20", "20261120T080000Z",
    "2026-11-20T08:00:00.1Z", "2026-11-20T08:00:00-23:59", "2099-01-01T00:00:00Z", "2026-1-2T08:00:00Z",
]  # fmt: skip
EMAILS = [
    "",
    "ann@x.org",
    "Ann@X.org",
    "a@b",
    "a@x.org,b@x.org",
    "ann@münchen.de",
    " ann@x.org",
    "a..b@x.org",
    "x@x.o-g",
]
PHONES = [
    "",
    "+442079460471",
    "+44 20 7946 0471",
    "+441",
    "02079460471",
    "+12125550123",
    "+4402079460471",
    "+999123456",
]
BOOLEANS = ["", "true", "No", "1", "maybe", "TRUE ", "ye\u017f"]
NUMBERS = ["", "9", "-3", "007", "9.5", "1e3", "9" * 19, "٣", "+4"]
WEIRD = st.text(max_size=12)


def one_of(texts: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(texts) | WEIRD


IDS = st.sampled_from(["k-1", "k-2", "k-3", " k-1", "k-1\u00a0", "k-erased", "k-old"]) | WEIRD
CUSTOMERS = {
    "external_id": IDS,
    "given_name": one_of(TEXTS),
    "segment": one_of(TEXTS),
    "language": one_of(["", "en", "fr-CA", "english!", "EN-gb"]),
    "zone": one_of(["", "Europe/London", "europe/london", "Mars/Olympus"]),
    "unit": one_of(["", "here", "gone", "there"]),
    "as_of": one_of(MOMENTS),
    "email": one_of(EMAILS),
    "phone": one_of(PHONES),
    "preferred": one_of(["", "email", "phone", "sms", "fax"]),
    "attributes.tier": one_of(TEXTS),
}
WORDS = {
    "external_id": IDS,
    "as_of": one_of(MOMENTS),
    "consent.email.survey": one_of(BOOLEANS),
    "consent.phone.callback": one_of(BOOLEANS),
    "consent_at": one_of(MOMENTS),
    "consent_evidence": one_of(TEXTS),
}
INTERACTIONS = {
    "external_id": IDS,
    "kind": one_of(["branch-visit", "call", "nothing", ""]),
    "customer": one_of(["k-old", "k-erased", "nobody", ""]),
    "unit": one_of(["here", "there", "gone", ""]),
    "employee": one_of(["", "jonas", "nobody"]),
    "employee.source": one_of(["hr", "", "crm"]),
    "product": one_of(TEXTS),
    "channel": one_of(TEXTS),
    "occurred_at": one_of(MOMENTS),
    "as_of": one_of(MOMENTS),
    "attributes.wait_minutes": one_of(NUMBERS),
    "attributes.topic": one_of(TEXTS),
    "attributes.happy": one_of(BOOLEANS),
    "attributes.day": one_of([*MOMENTS, "2026-11-20", "2026-02-30"]),
    "attributes.since": one_of(MOMENTS),
    "attributes.reasons": one_of(["", "Delays", "Delays;Denial", "; Delays ;Delays", ";", "x" * 501]),
    "attributes.cost": one_of([*NUMBERS, "12.50", "NaN", ".5", "1."]),
}
GOOD = {
    "given_name": "Ann", "unit": "here", "as_of": "2026-11-20T08:00:00Z", "email": "ann@x.org",
    "phone": "+442079460471",
    "kind": "branch-visit", "customer": "k-old", "employee.source": "hr", "occurred_at": "2026-11-20T08:00:00Z",
}  # fmt: skip


def rows_of(cells: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[list[dict[str, str]]]:
    """Rows of which most cells are right, so that something comes of them."""
    row = st.fixed_dictionaries(
        {
            name: cell if name == "external_id" else st.one_of(*[st.just(GOOD.get(name, ""))] * 3, cell)
            for name, cell in cells.items()
        }
    )
    return st.lists(row, min_size=1, max_size=8)


def content(names: list[str], rows: list[dict[str, str]], ending: bytes = b"") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([names, *([row[name] for name in names] for row in rows)])
    return text.getvalue().encode("utf-8", "surrogatepass") + ending


@pytest.fixture
def house(world):
    """A few rows that are there before: a customer of another version, one erased, units of one's own and elsewhere."""
    for unit, name in ((world.harbour, "here"), (world.station, "there")):
        unit.external_id = name
        unit.save()
    old = make.customer(external_id="k-old", email="old@x.org", phone="+442079460471", unit=world.harbour)
    old.contact_points.filter(channel="phone").update(entered_at=NOW)  # a person's word, which files do not take away
    old.contact_points.create(  # nor that an address does not work
        channel="sms", address="+442079460472", normalized="+442079460472", address_hash="h", unusable_since=NOW,
        unusable_by=world.olivia.user,
    )  # fmt: skip
    make.customer(external_id="k-erased", erased_at=NOW)
    schema = {name: {"type": kind} for name, kind in (
        ("wait_minutes", "integer"), ("topic", "string"), ("happy", "boolean"), ("day", "date"), ("since", "datetime"),
        ("cost", "decimal"), ("reasons", "strings"),
    )}  # fmt: skip
    world.visit.schema = schema
    world.visit.save()
    make.interaction_kind(code="call", schema={"topic": {"type": "string", "required": True}})
    make.interaction(kind=world.visit, customer=old, unit=world.harbour, external_id="k-old")
    return world


def outcome(path, kind, **how):
    """Counts, refusals and tables after a load, which is then undone."""
    with transaction.atomic():
        counts = load(path, kind, **how).counts
        found = (counts, rejects(path, kind), tables())
        transaction.set_rollback(True)
    return found


def hold(path, kind, names, rows, ending, **how):
    written(path, content(names, rows, ending))
    assert outcome(path, kind, **how) == outcome(path, kind, fast=False, **how)


ENDINGS = st.sampled_from([b"", b"k-9,too few\n", b'k-9,"open\n', b"k-9,\xff\n", b"\n\n", b"\\.\n"])
whatever = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@whatever
@given(rows=rows_of(CUSTOMERS), ending=ENDINGS)
def test_customers_come_out_the_same(house, tmp_path, rows, ending):
    hold(tmp_path / "rows.csv", "customers", list(CUSTOMERS), rows, ending)


@whatever
@given(rows=rows_of(WORDS), ending=ENDINGS)
def test_consents_come_out_the_same(house, tmp_path, rows, ending):
    hold(tmp_path / "rows.csv", "customers", list(WORDS), rows, ending)


@whatever
@given(rows=rows_of(INTERACTIONS), ending=ENDINGS)
def test_interactions_come_out_the_same(house, tmp_path, rows, ending):
    hold(tmp_path / "rows.csv", "interactions", list(INTERACTIONS), rows, ending)


@settings(whatever, max_examples=EXAMPLES // 5)
@given(customers=rows_of(CUSTOMERS), interactions=rows_of(INTERACTIONS))
def test_for_a_sender_with_a_part_of_the_company_they_come_out_the_same(house, tmp_path, customers, interactions):
    for key in (house.station_key, house.crm_key):
        hold(tmp_path / "rows.csv", "customers", list(CUSTOMERS), customers, b"", principal=key)
        hold(tmp_path / "rows.csv", "interactions", list(INTERACTIONS), interactions, b"", principal=key)


@pytest.mark.parametrize(("hours", "late"), [(None, 1), (24, 2), (72, 0)])
def test_late_in_a_file_is_what_its_feed_calls_late(house, tmp_path, hours, late):
    if hours:
        source = Source.objects.create(code="crm", name="CRM", created_at=NOW)
        Feed.objects.create(source=source, kind="interactions", began_at=NOW, late_hours=hours)
    moments = [(NOW - timedelta(hours=back)).isoformat() for back in (23, 25, 49)]
    rows = [GOOD | {"external_id": f"l-{n}", "occurred_at": moment, "as_of": ""} for n, moment in enumerate(moments)]
    columns = [name for name in INTERACTIONS if name in rows[0]]
    hold(tmp_path / "rows.csv", "interactions", columns, rows, b"")
    counts = sums(load(tmp_path / "rows.csv", "interactions"))
    assert counts == {"received": 3, "created": 3} | ({"late": late} if late else {})


def test_the_address_that_a_customer_chose_goes_first_whatever_a_file_says(house, tmp_path):
    email = Customer.objects.get(external_id="k-old").contact_points.get(channel="email")
    choose(point=email, at=NOW)
    row = GOOD | {"external_id": "k-old", "as_of": "", "email": "OLD@x.org", "preferred": "phone"}
    columns = ["external_id", "unit", "as_of", "email", "phone", "preferred"]
    hold(tmp_path / "rows.csv", "customers", columns, [row], b"")
    load(tmp_path / "rows.csv")
    email.refresh_from_db()
    assert (email.address, email.preferred) == ("OLD@x.org", True)


def test_what_is_plain_takes_the_fast_lane(house, tmp_path):
    """Or the tests above would hold nothing."""
    for kind, columns, counts in (
        ("customers", CUSTOMERS, {"received": 5, "created": 5}),
        ("interactions", INTERACTIONS, {"received": 5, "created": 5, "late": 5}),
    ):
        rows = [{name: GOOD.get(name, "") for name in columns} | {"external_id": f"k-{n}"} for n in range(5)]
        file = look_at(written(tmp_path / "rows.csv", content(list(columns), rows)))
        known = kind_named(kind)
        lane = known.fast(file, layout_of(known, file.names, None), Intake("crm", NOW))
        with lane.open():
            (stretch,) = stretches_of(file, start=file.body, line=2, size=1 << 20)
            assert lane.take(stretch) == (counts, [])
    assert Customer.objects.filter(external_id__startswith="k-", contact_points__channel="phone").count() == 6
    assert Interaction.objects.filter(external_id__startswith="k-").count() == 6


def test_what_is_plain_to_the_eye_is_so_to_the_judge():
    chance = random.Random(20261122)
    regions = list(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    plain = 0
    for _ in range(4000):
        code = chance.choice(regions)
        digits = "".join(chance.choice("0123456789") for _ in range(chance.randint(6, 11)))
        if is_plain("phone", number := f"+{code}{digits}"):
            plain += 1
            assert normalize("phone", number) == number
    for address in (*EMAILS, "a_b+c.d-e@sub.example.co.uk", "a" * 60 + "@x.org", "a@-x.org", "a@x-.org", "a.@x.org"):
        if is_plain("email", address):
            plain += 1
            assert normalize("email", address) == address.lower()
    assert plain > 200


@pytest.mark.parametrize(
    ("raw", "odd", "blanks"),
    [
        (b"a,b\nc,d\n", "", False),
        ("Zoë,李\n".encode(), "", False),
        ("Cafe\u0301,\u00a0x\n".encode(), "\u00a0\u0301", False),
        (b"a\tb,c\x07\n", "\x07\t", False),
        (b"a, b\n", "", True),
        (b"a  b,c\n", "", True),
        (b'"a\nb",c\n', "\t\n\r", True),
    ],
)
def test_letters_that_cleaning_might_change_are_found(raw, odd, blanks):
    assert traits_of(raw, ",", "utf-8") == (odd, blanks)
