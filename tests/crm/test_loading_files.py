"""Files of rows: what is taken, what is refused and why, and that nothing is lost on the way."""

from __future__ import annotations

import gzip

import pytest
from django.core.management import CommandError, call_command

from common.models import Event, Load
from crm.models import Customer, Employee, Feed, Interaction, OrgUnit, Source
from crm.services.loading import Unreadable, kind_named, kinds
from tests.crm.files import load, rejects, sums, tables, written
from tests.world import NOW

HEAD = "external_id,given_name,email\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rows.csv"


def test_customers_come_in_with_addresses_and_consents(world, path):
    row = {
        "external_id": "n-9", "given_name": "Noor", "unit": world.harbour.external_id, "email": "Noor@Example.org",
        "phone": "+44 20 7946 0471", "preferred": "email", "consent.email.survey": "no",
        "consent_evidence": "paper form", "attributes.tier": "gold", "as_of": "2026-11-20T08:00:00Z",
    }  # fmt: skip
    assert sums(load(written(path, f"{','.join(row)}\n{','.join(row.values())}\n"))) == {"received": 1, "created": 1}
    found = Customer.objects.get(external_id="n-9")
    assert (found.given_name, found.unit, found.attributes) == ("Noor", world.harbour, {"tier": "gold"})
    assert set(found.contact_points.values_list("channel", "normalized", "preferred")) == {
        ("email", "noor@example.org", True),
        ("phone", "+442079460471", False),
    }
    said = found.consents.get()
    assert (said.channel, said.purpose, said.granted, said.evidence) == ("email", "survey", False, "paper form")
    assert said.at == found.as_of


def test_interactions_come_in_with_attributes_of_their_types(world, path):
    head = (
        "external_id,kind,customer,unit,employee,employee.source,occurred_at,attributes.wait_minutes,attributes.topic"
    )
    row = f"v-1,branch-visit,{world.ines.external_id},{world.harbour.external_id},jonas,hr,2026-11-23T14:30:00Z,9,loan"
    assert sums(load(written(path, f"{head}\n{row}\n"), "interactions")) == {"received": 1, "created": 1}
    found = Interaction.objects.get(external_id="v-1")
    assert (found.customer, found.employee, found.unit) == (world.ines, world.jonas, world.harbour)
    assert found.attributes == {"wait_minutes": 9, "topic": "loan"}
    assert (found.load, found.received_at) == (Load.objects.get(), NOW)


def test_units_come_in_whatever_their_order(world, path):
    rows = f"quay,Quay,branch,Europe/London,east\neast,East,region,Europe/London,{world.head_office.external_id}\n"
    assert sums(load(written(path, f"external_id,name,kind,zone,parent\n{rows}"), "units")) == {
        "received": 2,
        "created": 2,
    }
    under = OrgUnit.objects.under(world.head_office, on=NOW.date())
    assert {"East", "Quay"} <= set(under.values_list("name", flat=True))


def test_an_employee_comes_in_with_an_assignment_and_without_one_it_stays(world, path):
    head = "external_id,name,email,unit,unit.source,role\n"
    row = f"e-9,Tariq,tariq@example.org,{world.harbour.external_id},crm,branch\n"
    assert sums(load(written(path, head + row), "employees", source="hr")) == {"received": 1, "created": 1}
    again = written(path, "external_id,name\ne-9,Tariq B.\n")
    assert sums(load(again, "employees", source="hr")) == {"received": 1, "updated": 1}
    held = Employee.objects.get(external_id="e-9").assignments.get()
    assert (held.unit, held.role) == (world.harbour, "branch")


def test_columns_of_other_names_are_mapped_and_a_text_may_stand_for_a_column(world, path):
    written(path, "Kundennr;Vorname;Ort\nn-9;Zoë;Ulm\n")
    columns = {"external_id": "Kundennr", "given_name": "Vorname", "language": "=de"}
    assert sums(load(path, columns=columns)) == {"received": 1, "created": 1}
    found = Customer.objects.get(external_id="n-9")
    assert (found.given_name, found.language, found.attributes) == ("Zoë", "de", {})


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("n-1,Noor", "2 columns where the header has 3."),
        ("n-1,Noor,a@x.org,b", "4 columns where the header has 3."),
        (",Noor,a@x.org", "external_id: This field is required."),
        ("n-1,Noor,nobody", "email: This is not one e-mail address."),
        ('n-1,"Noor,a@x.org', "A quote is opened and not closed."),
        ('n-1,"No"or,a@x.org', "Cannot be read: ',' expected after '\"'."),
        (b"n-1,No\xf6r,a@x.org", "Not utf-8; if the whole file has another encoding, name it."),
        (f"{'x' * 121},Noor,a@x.org", "external_id: Ensure this field has no more than 120 characters."),
    ],
)
def test_a_row_that_cannot_be_taken_says_why_and_stops_no_other(world, path, row, why):
    row = row if isinstance(row, bytes) else row.encode()
    written(path, HEAD.encode() + b"n-8,Ann,ann@x.org\n" + row + b"\nn-9,Bob,\n")
    assert sums(load(path)) == {"received": 3, "created": 2, "rejected": 1}
    assert [line[:2] for line in rejects(path)] == [["3", why]]
    assert set(Customer.objects.exclude(pk=world.ines.pk).values_list("external_id", flat=True)) == {"n-8", "n-9"}


def test_a_reason_names_the_column_of_the_file_and_says_what_a_cell_may_hold(world, path):
    written(path, "external_id,phone,Mail,consent.email.survey,consent_at\nn-1,,nobody,maybe,yesterday\n")
    columns = {name: name for name in ("external_id", "phone", "consent.email.survey", "consent_at")}
    load(path, columns={**columns, "email": "Mail"})
    assert rejects(path)[0][1] == (
        'email (column "Mail"): This is not one e-mail address.'
        " consent.email.survey: Give one of true, yes, y, 1, false, no, n, 0."
        " consent_at: Give a moment such as 2026-11-23T14:30:00+00:00."
    )


def test_a_reason_of_an_assignment_or_a_member_names_its_column(world, path):
    load(written(path, f"external_id,name,unit,role\ne-9,Ana,{world.harbour.external_id},queen\n"), "employees")
    assert rejects(path)[0][1].startswith('role: "queen" is not a valid choice. Known are: office, ')
    other = path.with_name("accounts.csv")
    load(written(other, "external_id,name,members\na-1,Firm,nobody\n"), "accounts")
    assert [row[1] for row in rejects(other)] == ["members: Unknown customer 'nobody'."]


def test_a_reject_file_has_the_rows_as_they_came_and_can_be_mended_and_loaded(world, path):
    load(written(path, "external_id,phone\nn-1,+44 1\nn-2,+44 20 7946 0471\n"))
    place = path.with_name("rows.csv.customers.reject.csv")
    assert place.read_text(encoding="utf-8-sig").splitlines()[0] == "line,reason,external_id,phone"
    mended = written(
        path.with_name("mended.csv"),
        place.read_bytes().replace(b"+44 1,", b"+44 20 7946 0472,").replace(b"+44 1\r", b"+44 20 7946 0472\r"),
    )
    assert sums(load(mended)) == {"received": 1, "created": 1}
    assert Customer.objects.get(external_id="n-1").contact_points.get().normalized == "+442079460472"


def test_a_quoted_cell_may_hold_line_breaks_and_lines_are_counted_as_in_the_file(world, path):
    load(written(path, HEAD + 'n-1,"Ann\r\nMarie",\r\nn-2,Bob,nobody\r\n'))
    assert Customer.objects.get(external_id="n-1").given_name == "Ann Marie"
    assert [line[0] for line in rejects(path)] == ["4"]


def test_a_quote_that_is_never_closed_costs_one_row_and_not_its_neighbours(world, path):
    rows = "".join(f"n-{number},Ann,\n" for number in range(300))
    written(path, HEAD + 'x-1,"Ann,\n' + rows + 'x-2,"Ann,\n' + "d-1,Bob,\n")
    assert sums(load(path)) == {"received": 303, "created": 301, "rejected": 2}
    assert [line[0] for line in rejects(path)] == ["2", "303"]


def test_the_same_file_again_changes_nothing(world, path):
    written(path, HEAD + "n-1,Ann,ann@x.org\nn-2,Bob,\n")
    load(path)
    before = tables()
    assert sums(load(path)) == {"received": 2, "unchanged": 2}
    assert tables() == before
    assert Load.objects.count() == 2


def test_corrected_late_duplicate_and_out_of_order_events_are_told_apart(world, path):
    head = "external_id,kind,customer,unit,occurred_at,as_of,product\n"
    rest = f"branch-visit,{world.ines.external_id},{world.harbour.external_id}"
    known = [f"{name},{rest},2026-11-23T10:00:00Z,2026-11-23T12:00:00Z,loan\n" for name in ("v-1", "v-2", "v-3")]
    load(written(path, head + "".join(known)), "interactions")
    again = [
        f"v-1,{rest},2026-11-23T10:00:00Z,2026-11-24T08:00:00Z,card\n",  # corrected
        known[1],  # duplicate
        f"v-3,{rest},2026-11-23T10:00:00Z,2026-11-23T11:00:00Z,card\n",  # out of order
        f"v-4,{rest},2026-11-01T10:00:00Z,2026-11-23T12:00:00Z,card\n",  # late
        f"v-5,{rest},2026-11-22T10:00:00Z,2026-11-23T12:00:00Z,card\n",
    ]
    counts = sums(load(written(path, head + "".join(again)), "interactions"))
    assert counts == {"received": 5, "created": 2, "updated": 1, "unchanged": 1, "stale": 1, "late": 1}


def test_a_dry_run_judges_everything_and_writes_nothing(world, path):
    written(path, HEAD + "n-1,Ann,ann@x.org\nn-2,Bob,nobody\nn-1,Ann,ann@x.org\n")
    before = tables()
    tried = load(path, dry_run=True)
    assert (tables(), tried.dry_run, Event.objects.count()) == (before, True, 0)
    found = rejects(path, dry_run=True)
    assert rejects(path) == []
    real = load(path)
    assert (real.counts, rejects(path)) == (tried.counts, found)
    assert Load.objects.get(dry_run=True).counts == real.counts


def test_two_kinds_from_one_file_have_their_own_reject_files(world, path):
    """One file of a system may hold customers and their accounts: what was said of the one stays."""
    written(path, "external_id,name,channel\nn-1,Smith,email\n,Jones,email\n")
    load(path, columns={"external_id": "external_id", "family_name": "name"})
    load(path, "accounts", columns={"external_id": "external_id", "name": "name", "kind": "=club"})
    assert [row[:2] for row in rejects(path, "customers")] == [["3", "external_id: This field is required."]]
    assert [row[0] for row in rejects(path, "accounts")] == ["2", "3"]


def test_a_load_is_kept_with_its_counts_and_leaves_one_event(world, path):
    row = load(written(path, HEAD + "n-1,Ann,\nn-2,Bob,nobody\n"), by=world.operator)
    row.refresh_from_db()
    assert (row.kind, row.source, row.name, row.by, row.percent) == (
        "customers",
        "crm",
        "rows.csv",
        world.operator,
        100,
    )
    assert (row.lines, row.size, row.failure) == (3, path.stat().st_size, "")
    assert Event.objects.get().data == {"kind": "customers", **row.counts}


def test_what_a_person_may_not_see_they_cannot_load(world, path):
    head = "external_id,kind,customer,unit,occurred_at\n"
    row = f"v-1,branch-visit,{world.ines.external_id},{world.harbour.external_id},2026-11-23T10:00:00Z\n"
    assert sums(load(written(path, head + row), "interactions", principal=world.station_key)) == {
        "received": 1,
        "rejected": 1,
    }
    assert "unit: Unknown unit" in rejects(path)[0][1]
    assert Interaction.objects.get() == world.interaction


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\n1,2\n", "has no header"),
        (b"external_id,external_id\n1,2\n", "several columns named"),
        (b"external_id,colour\n1,red\n", "Unknown field 'colour'"),
        (b"given_name\nAnn\n", "No column for external_id"),
        ("external_id,given_name\n1,Ann\n".encode("utf-16"), "is utf-16; save it as utf-8"),
        (HEAD.encode() + b"n-1,Zo\xeb,\n" * 5, "is not utf-8"),
        (b"x" * (1 << 20) + b"x", "has a line longer than"),
        (b"external_id," * 1001 + b"\n", "has more than 1,000 columns"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(world, path, content, why):
    with pytest.raises(Unreadable, match=why):
        load(written(path, content))
    assert (Load.objects.count(), Customer.objects.count()) == (0, 1)


def test_a_file_in_another_encoding_is_read_when_it_is_named(world, path):
    load(written(path, HEAD.encode() + "n-1,Zoë,\n".encode("latin-1") * 5), encoding="latin-1")
    assert Customer.objects.get(external_id="n-1").given_name == "Zoë"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_and_a_byte_order_mark_are_understood(world, path, delimiter):
    written(path, b"\xef\xbb\xbf" + (HEAD + "n-1,Ann,ann@x.org\n").replace(",", delimiter).encode())
    assert sums(load(path)) == {"received": 1, "created": 1}


def test_a_packed_file_is_unpacked_on_the_way(world, path):
    packed = path.with_name("rows.csv.gz")
    packed.write_bytes(gzip.compress((HEAD + "n-1,Ann,\n").encode()))
    assert sums(load(packed)) == {"received": 1, "created": 1}
    packed.write_bytes(gzip.compress(HEAD.encode() + b"n-1,Ann,\n" * 2_000_000))
    with pytest.raises(Unreadable, match="unpacks to more than 200 times its size"):
        load(packed)


def test_the_command_takes_every_kind_and_tells_the_sum(world, path, capsys):
    written(path, "id,name\nn-1,Ann\nn-2,Bob\n,Eve\n")
    maps = ["--map", "external_id=id", "--map", "given_name=name", "--map", "language==en"]
    with pytest.raises(SystemExit, match="3"):  # some were rejected
        call_command("load", "customers", str(path), "--source", "crm", *maps)
    said = capsys.readouterr()
    assert said.err.splitlines()[-1].startswith("3 rows, 100 %")
    assert said.out.splitlines() == [
        "3 read = 2 created + 0 updated + 0 unchanged + 0 stale + 1 rejected",
        "Rejected lines and why: rows.csv.customers.reject.csv",
    ]
    with pytest.raises(CommandError, match="No column 'nobody'"):
        call_command("load", "customers", str(path), "--source", "crm", "--map", "external_id=nobody")
    assert {"units", "employees", "customers", "interactions"} <= set(kinds())


def test_the_command_takes_the_mapping_that_was_confirmed_on_the_upload_page(world, path):
    source = Source.objects.create(code="desk", name="Desk", zone="America/New_York", created_at=NOW)
    asked = ["customers", str(written(path, "id,first,told\nn-1,Ann,7/4/2026\n")), "--source", "desk", "--saved"]
    with pytest.raises(CommandError, match="no mapping was confirmed yet for customers from 'desk'"):
        call_command("load", *asked)
    columns = {"external_id": "id", "given_name": "first", "as_of": {"column": "told", "format": "M/D/YYYY"}}
    Feed.objects.create(source=source, kind="customers", columns=columns, began_at=NOW)
    call_command("load", *asked, "--map", "given_name==Bea")
    row = Customer.objects.get(source="desk")
    assert (row.external_id, row.given_name, row.as_of.isoformat()) == ("n-1", "Bea", "2026-07-04T16:00:00+00:00")


def test_a_reason_names_the_column_of_the_file_beside_our_field(world, path):
    written(path, "No,Site\nn-1,B-NOWHERE\n")
    load(path, columns={"external_id": "No", "unit": "Site"})
    assert [row[1] for row in rejects(path)] == ["unit (column \"Site\"): Unknown unit 'B-NOWHERE'."]


def test_a_source_that_nobody_knows_is_not_made_by_mistyping_one(world, path):
    Source.objects.create(code="crm", name="CRM", created_at=NOW)
    written(path, "external_id\nn-1\n")
    with pytest.raises(CommandError, match=r"'cmr' yet; known are crm\. .*--new-source"):
        call_command("load", "customers", str(path), "--source", "cmr")
    assert not Customer.objects.filter(external_id="n-1").exists()
    call_command("load", "customers", str(path), "--source", "cmr", "--new-source")
    assert Customer.objects.get(external_id="n-1").source == "cmr"


def test_every_column_says_what_it_means():
    assert (
        kind_named("customers").columns()["consent.email.survey"]
        == "true: allows being asked, by e-mail; false: refuses; empty: unsaid."
    )
    assert "attributes.*" in kind_named("interactions").columns()
