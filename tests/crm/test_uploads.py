"""The upload page: a file is put away, understood, tried, loaded by a worker, and forgotten after its days."""

from __future__ import annotations

import argparse
import gzip
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django_q.models import OrmQ

from common.csv_files import Unreadable
from common.models import Event, Load
from crm.forms import MappingForm
from crm.models import Customer, Feed, FinancialRecord, Interaction, InteractionKind, Source, Upload
from crm.services.loading import LoadKind, kind_named
from crm.services.uploads.carrying_out import LOCK, LONGEST, MOST_TRIES, ask, carry_out, remind
from crm.services.uploads.forgetting import forget
from crm.services.uploads.questions import Question, given_by, questions_of
from crm.services.uploads.receiving import receive
from crm.services.uploads.understanding import by_name, forms_in, guess, understand
from tests.factories import crm as make
from tests.world import NOW, World

HEADER = "Customer ID,First name,Surname,E-Mail,Shoe size\n"
CUSTOMERS = HEADER + "n-1,Ada,Lind,ada@example.org,38\nn-2,Bo,Sand,bo@example.org,44\n"
COLUMNS = {"external_id": "Customer ID", "given_name": "First name", "family_name": "Surname", "email": "E-Mail"}


@pytest.fixture(autouse=True)
def here(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOADS = tmp_path
    return tmp_path


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(code="desk", name="Service desk", created_at=NOW)


def sent(source: Source, content: str | bytes = CUSTOMERS, *, kind: str = "customers") -> Upload:
    raw = content if isinstance(content, bytes) else content.encode()
    return receive(file=SimpleUploadedFile("customers.csv", raw), source=source, kind=kind, by=None, at=NOW)


def asked(upload: Upload, wanted: str = "load", columns: dict[str, str] = COLUMNS, encoding: str = "utf-8") -> bool:
    return ask(upload=upload, wanted=wanted, columns=columns, encoding=encoding, by=None, at=NOW)


# --- a file arrives ---


def test_a_file_is_put_away_where_only_the_house_reads_it(source: Source, here: Path):
    upload = sent(source)
    assert upload.path.read_text() == CUSTOMERS
    assert upload.path.is_relative_to(here / str(upload.public_id))
    assert stat.S_IMODE(upload.path.stat().st_mode) == 0o600
    assert (upload.size, upload.whole) == (len(CUSTOMERS), True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.csv"),
        ("C:\\exports\\März 2026.CSV", "März 2026.CSV.csv"),
        ("a\u202ecsv.exe\n.csv", "acsv.exe .csv"),
        ("..", "file.csv"),
        ("list.csv.gz", "list.csv.gz"),
    ],
)
def test_the_name_of_a_file_leads_nowhere(source: Source, given: str, kept: str):
    upload = Upload(source=source, kind="customers")
    content = gzip.compress(CUSTOMERS.encode()) if given.endswith("gz") else CUSTOMERS.encode()
    file = SimpleUploadedFile("x.csv", content)
    file._name = given  # as another client than a browser may send it
    upload = receive(file=file, source=source, kind="customers", by=None, at=NOW)
    assert upload.name == kept
    assert upload.path.parent == upload.folder


def test_of_a_long_file_the_first_lines_are_kept_aside_up_to_where_a_row_ends(source: Source):
    rows = "".join(f'n-{number},"Ada\nMaria",Lind,a{number}@example.org,1\n' for number in range(10_001))
    upload = sent(source, HEADER + rows)
    first = upload.first_lines.read_text()
    assert upload.whole is False
    assert first.endswith("a9998@example.org,1\n")


def test_what_is_not_what_its_name_says_leaves_nothing(source: Source, here: Path, world: World, client: Client):
    client.force_login(world.olivia.user)
    page = send(client, source, b"not packed", name="list.csv.gz")
    assert page.status_code == 422
    assert "cannot be read" in page.content.decode()
    assert not Upload.objects.exists()
    assert list(here.iterdir()) == []


# --- it is understood ---


def test_columns_are_guessed_by_what_others_call_them(source: Source):
    upload = sent(source)
    found = understand(upload)
    assert found.names == ("Customer ID", "First name", "Surname", "E-Mail", "Shoe size")
    assert found.rows[1] == ("n-2", "Bo", "Sand", "bo@example.org", "44")
    assert guess(upload, found.names) == COLUMNS


def test_our_own_names_and_those_of_interactions_are_known():
    names = ["id", "kind", "Customer number", "Branch", "occurred_at", "wait"]
    assert by_name(names, kind_named("interactions"), {}) == {
        "external_id": "id", "kind": "kind", "customer": "Customer number", "unit": "Branch",
        "occurred_at": "occurred_at",
    }  # fmt: skip


def test_what_was_said_of_the_last_file_of_the_feed_comes_first(source: Source):
    saved = {"external_id": "E-Mail", "segment": "=private", "zone": "Gone"}
    Feed.objects.create(source=source, kind="customers", columns=saved, began_at=NOW)
    upload = sent(source)
    assert guess(upload, understand(upload).names) == {
        "external_id": "E-Mail", "segment": "=private", "given_name": "First name", "family_name": "Surname",
    }  # fmt: skip


def test_a_file_that_cannot_be_read_says_why(source: Source):
    assert "empty" in understand(sent(source, "")).problem
    assert "not utf-8" in understand(sent(source, "Näme\nÄda\n".encode("cp1252"))).problem


@pytest.mark.parametrize(
    ("cells", "forms"),
    [
        (["7/23/2012", "6/6/2013", ""], ["M/D/YYYY"]),
        (["1/2/2012"], ["M/D/YYYY", "D/M/YYYY"]),
        (["31.12.2013 23:59"], ["D.M.YYYY H:mm"]),
        (["2012-07-23", "2012-07-24"], None),
        (["7/23/2012", "soon"], None),
        (["", ""], None),
    ],
)
def test_dates_of_another_form_are_noticed(cells: list[str], forms: list[str] | None):
    assert forms_in(cells) == forms


# --- it is tried and loaded ---


def test_a_try_writes_nothing_and_says_what_would_become_of_each_row(source: Source):
    upload = sent(source, CUSTOMERS + "n-3,Cy,West,nobody,40\n")
    asked(upload, "try")
    assert carry_out(at=NOW) == 1
    upload.refresh_from_db()
    assert upload.trial is not None
    assert upload.trial.outcome == [(3, "rows"), (2, "new"), (1, "rejected")]
    assert Load(counts={"received": 1, "created": 1}).outcome == [(1, "row"), (1, "new")]
    assert {name: number for name, number in upload.trial.counts.items() if number} == {
        "received": 3, "created": 2, "rejected": 1,
    }  # fmt: skip
    assert (upload.load, upload.failure, upload.busy) == (None, "", False)
    assert not Customer.objects.exists()


def test_a_load_takes_the_file_in_and_keeps_the_mapping_for_the_next(source: Source):
    upload = sent(source)
    asked(upload)
    assert carry_out(at=NOW) == 1
    upload.refresh_from_db()
    assert upload.load is not None
    assert (upload.load.counts["created"], upload.load.percent) == (2, 100)
    assert list(Customer.objects.order_by("external_id").values_list("given_name", flat=True)) == ["Ada", "Bo"]
    assert Feed.objects.get(source=source, kind="customers").columns == COLUMNS


def test_a_file_that_is_loaded_or_in_hand_cannot_be_asked_for_again(source: Source):
    upload = sent(source)
    assert asked(upload, "try") is True
    assert asked(upload, "load") is False
    carry_out(at=NOW)
    assert asked(upload, "load") is True
    carry_out(at=NOW)
    assert asked(upload, "load") is False
    assert Event.objects.filter(what="upload.asked").count() == 2


def test_a_task_that_is_delivered_again_does_nothing_while_somebody_is_at_it(source: Source):
    asked(sent(source))
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        assert carry_out(at=NOW) == 0
        assert not Load.objects.exists()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [LOCK])
    finally:
        other.close()
    assert carry_out(at=NOW) == 1
    assert Load.objects.count() == 1


def test_a_task_that_is_delivered_again_afterwards_does_nothing_either(source: Source):
    asked(sent(source))
    carry_out(at=NOW)
    assert carry_out(at=NOW + timedelta(minutes=10)) == 0
    assert Load.objects.count() == 1


def test_a_file_as_a_whole_that_cannot_be_taken_says_why_and_can_be_mapped_again(source: Source):
    upload = sent(source)
    asked(upload, columns={"external_id": "Number"})
    carry_out(at=NOW)
    upload.refresh_from_db()
    assert "No column 'Number'" in upload.failure
    assert asked(upload) is True


def test_a_file_that_kills_its_worker_is_not_tried_for_ever(source: Source):
    upload = sent(source)
    asked(upload)
    Upload.objects.update(tries=MOST_TRIES)
    assert carry_out(at=NOW) == 0
    upload.refresh_from_db()
    assert upload.failure.startswith("Given up after 5 tries")


def test_a_file_whose_worker_was_killed_is_taken_up_by_the_sweep(
    source: Source, django_capture_on_commit_callbacks: Any
):
    asked(sent(source))
    with django_capture_on_commit_callbacks(execute=True):
        remind()
    task = OrmQ.objects.get().task
    assert (task["args"], task["timeout"]) == (("crm.tasks.carry_out_uploads",), LONGEST)


def test_a_file_of_interactions_may_have_the_same_kind_in_every_row(world: World, source: Source):
    text = f"No,Who,When,Where\nv-1,{world.ines.external_id},2026-11-24T09:00:00+00:00,{world.harbour.external_id}\n"
    upload = sent(source, text, kind="interactions")
    columns = {
        "external_id": "No", "customer": "Who", "customer.source": "=crm", "occurred_at": "When", "unit": "Where",
        "unit.source": "=crm", "kind": "=branch-visit",
    }  # fmt: skip
    asked(upload, columns=columns)
    carry_out(at=NOW)
    assert Interaction.objects.get(source="desk").customer == world.ines


# --- the page ---


def send(client: Client, source: Source, content: str | bytes, name: str = "customers.csv") -> Any:
    raw = content if isinstance(content, bytes) else content.encode()
    said = {"source": source.pk, "kind": "customers", "file": SimpleUploadedFile(name, raw)}
    return client.post("/admin/crm/upload/add/", said)


@pytest.fixture
def office(world: World, client: Client) -> Client:
    client.force_login(world.olivia.user)
    return client


def page_of(upload: Upload) -> str:
    return f"/admin/crm/upload/{upload.pk}/change/"


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def mapping(**more: str) -> dict[str, str]:
    chosen = {"column_0": "external_id", "column_1": "given_name", "column_2": "family_name", "column_3": "email"}
    return {**chosen, "column_4": "attributes.shoe_size", "encoding": "utf-8", **more}


def test_the_whole_way_from_the_file_to_the_rows(office: Client, source: Source):
    assert send(office, source, CUSTOMERS + "n-3,Cy,West,nobody,40\n").status_code == 302
    upload = Upload.objects.get()
    text = text_of(office.get(page_of(upload)))
    assert '<option value="given_name" selected>given name</option>' in text
    assert "<td>ada@example.org</td>" in text
    assert office.post(page_of(upload), mapping(wanted="try")).status_code == 302
    assert "Being tried" in text_of(office.get(page_of(upload)))
    carry_out(at=NOW)
    text = text_of(office.get(page_of(upload)))
    assert "Tried; nothing was written." in text
    assert '<td>4</td><td class="sk-whole" data-head="Why">email (column &quot;E-Mail&quot;):' in text
    assert not Customer.objects.filter(source="desk").exists()
    assert office.post(page_of(upload), mapping(wanted="load")).status_code == 302
    carry_out(at=NOW)
    text = text_of(office.get(page_of(upload)))
    assert "Loaded." in text
    assert "<dt>2</dt><dd>new</dd>" in text
    assert Customer.objects.get(external_id="n-1").attributes == {"shoe_size": "38"}


def test_books_are_loaded_with_control_totals_that_agree_or_without_any(office: Client, source: Source, world: World):
    upload = sent(
        source, f"customer,period,currency,revenue\n{world.ines.external_id},2026-10,EUR,5\n", kind="financials"
    )
    columns = {f"column_{n}": name for n, name in enumerate(("customer", "period", "currency", "revenue"))}
    said = {**columns, "same_customer.source": "crm", "encoding": "utf-8", "wanted": "load"}
    assert "Control totals" in text_of(office.get(page_of(upload)))
    assert office.post(page_of(upload), {**said, "answer_control": "revenue=6"}).status_code == 302
    carry_out(at=NOW)
    assert "revenue: Declared 6, received 5: 1 too little." in text_of(office.get(page_of(upload)))
    assert not FinancialRecord.objects.exists()
    assert office.post(page_of(upload), said).status_code == 302
    carry_out(at=NOW)
    assert FinancialRecord.objects.get().revenue == 5


def test_the_page_asks_how_dates_and_lists_are_written_and_keeps_it_for_the_next_file(
    office: Client, source: Source, world: World
):
    InteractionKind.objects.create(code="complaint", name="Complaint", schema={"reasons": {"type": "strings"}})
    upload = sent(source, "No,Who,When,Reasons\nc-1,cust,7/23/2012,Delay|Price\n", kind="interactions")
    text = text_of(office.get(page_of(upload)))
    assert 'name="format_2" value="M/D/YYYY"' in text
    assert 'name="separator_3"' in text
    assert 'name="format_0"' not in text
    said = {
        "column_0": "external_id", "column_1": "customer", "column_2": "occurred_at", "column_3": "attributes.reasons",
        "same_customer.source": "crm", "same_unit": world.harbour.external_id, "same_unit.source": "crm",
        "same_kind": "complaint", "format_2": "M-D", "separator_3": "|", "encoding": "utf-8", "wanted": "load",
    }  # fmt: skip
    refused = office.post(page_of(upload), said)
    assert (refused.status_code, "is no form of a date" in text_of(refused)) == (422, True)
    assert office.post(page_of(upload), {**said, "format_2": "M/D/YYYY"}).status_code == 302
    make.customer(external_id="cust")
    carry_out(at=NOW)
    row = Interaction.objects.get(source="desk")
    assert (row.occurred_at.isoformat(), row.attributes) == (
        "2012-07-23T12:00:00+00:00", {"reasons": ["Delay", "Price"]},
    )  # fmt: skip
    again = sent(source, "No,Who,When,Reasons\nc-2,cust,1/2/2012,Delay\n", kind="interactions")
    kept = guess(again, understand(again).names)
    assert kept["occurred_at"] == {"column": "When", "format": "M/D/YYYY"}
    assert kept["attributes.reasons"] == {"column": "Reasons", "separator": "|"}


def test_the_rejected_rows_can_be_downloaded_and_that_is_written_down(office: Client, source: Source):
    send(office, source, "id,E-Mail\nn-1,nobody\n")
    upload = Upload.objects.get()
    office.post(
        page_of(upload), {"column_0": "external_id", "column_1": "email", "encoding": "utf-8", "wanted": "load"}
    )
    carry_out(at=NOW)
    answer = office.get(f"/admin/crm/upload/{upload.pk}/rejects/")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert body.splitlines()[0] == "line,reason,id,E-Mail"
    assert body.splitlines()[1].startswith('2,"email (column ""E-Mail""):')
    assert answer["Content-Disposition"] == 'attachment; filename="customers.csv.customers.reject.csv"'
    assert Event.objects.filter(what="upload.rejects_taken").count() == 1


def test_the_page_opens_when_a_rejected_row_is_as_long_as_a_book(office: Client, source: Source):
    upload = sent(source, f"{HEADER}n-1,Ada,{'x' * 200_000},,\nn-2,Bo,Sand,nobody,40\n")
    asked(upload, "try")
    carry_out(at=NOW)
    text = text_of(office.get(page_of(upload)))
    assert '<td class="sk-whole" data-head="Why">A row too long to be shown.' in text
    assert '<td>3</td><td class="sk-whole" data-head="Why">email (column &quot;E-Mail&quot;):' in text


def test_the_page_moves_while_the_file_is_loaded(office: Client, source: Source):
    upload = sent(source)
    asked(upload)
    address = f"/admin/crm/upload/{upload.pk}/progress/"
    answer = office.get(address)
    assert (answer["X-Busy"], "Waiting for a worker" in text_of(answer)) == ("yes", True)
    load = Load.objects.create(
        kind="customers", source="desk", started_at=NOW, size=200, done=84, counts={"received": 1200}
    )
    Upload.objects.update(load=load)
    assert "Being loaded: 42 %</b>, 1 200 rows so far" in text_of(office.get(address))
    assert '<meta http-equiv="refresh"' in text_of(office.get(page_of(upload)))
    Upload.objects.update(done_at=NOW)
    assert office.get(address)["X-Busy"] == "no"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"column_1": "external_id"}, "external_id is taken from two columns"),
        ({"column_0": ""}, "Say which column is external_id"),
        ({"column_2": "salary"}, "Select a valid choice"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_told_and_nothing_is_asked(
    office: Client, source: Source, said: dict[str, str], told: str
):
    upload = sent(source)
    answer = office.post(page_of(upload), mapping(wanted="load", **said))
    assert answer.status_code == 422
    assert told in text_of(answer)
    upload.refresh_from_db()
    assert upload.wanted == ""


def test_a_system_that_is_not_listed_can_be_named(office: Client):
    said = {"code": "billing", "kind": "customers", "file": SimpleUploadedFile("a.csv", b"id\n1\n")}
    assert office.post("/admin/crm/upload/add/", said).status_code == 302
    assert Upload.objects.get().source.code == "billing"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(office: Client, source: Source, settings: Any):
    settings.UPLOAD_MB = 0
    answer = send(office, source, CUSTOMERS * 1000)
    assert answer.status_code == 413
    assert "larger than 0 MB" in text_of(answer)
    assert not Upload.objects.exists()


def test_a_form_without_its_token_is_refused(world: World, source: Source):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.olivia.user)
    assert send(client, source, CUSTOMERS).status_code == 403
    assert not Upload.objects.exists()


def test_what_stands_in_a_file_runs_nowhere(office: Client, source: Source):
    upload = sent(source, 'id,"<script>alert(1)</script>"\n1,<img src=x onerror=alert(2)>\n')
    text = text_of(office.get(page_of(upload)))
    assert "<script>alert(1)" not in text
    assert "<img src=x" not in text


@pytest.mark.parametrize("path", ["change/", "progress/", "rejects/"])
@pytest.mark.parametrize("who", ["helen", "elsa", "rosa", "jonas"])
def test_who_may_not_load_files_sees_none(world: World, source: Source, client: Client, who: str, path: str):
    upload = sent(source)
    client.force_login(getattr(world, who).user)
    assert client.get(f"/admin/crm/upload/{upload.pk}/{path}").status_code in {302, 403, 404}
    assert client.get("/admin/crm/upload/add/").status_code in {302, 403}
    assert client.get("/admin/crm/upload/").status_code in {302, 403}


# --- it is forgotten ---


def test_after_its_days_the_file_goes_and_what_became_of_it_stays(source: Source, office: Client, settings: Any):
    upload = sent(source, CUSTOMERS + "n-3,Cy,West,nobody,40\n")
    asked(upload)
    carry_out(at=NOW)
    assert forget(at=NOW + timedelta(days=settings.UPLOAD_DAYS)) == 0
    assert forget(at=NOW + timedelta(days=settings.UPLOAD_DAYS, seconds=1)) == 1
    assert not upload.folder.exists()
    text = text_of(office.get(page_of(upload)))
    assert "The file was removed on" in text
    assert "<dt>2</dt><dd>new</dd>" in text
    assert office.get(f"/admin/crm/upload/{upload.pk}/rejects/").status_code == 404
    upload.refresh_from_db()
    assert asked(upload) is False


def test_a_file_that_waits_is_not_forgotten(source: Source):
    upload = sent(source)
    asked(upload)
    assert forget(at=NOW + timedelta(days=100)) == 0
    assert upload.path.exists()


def locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_the_lock_is_given_back(source: Source):
    asked(sent(source), columns={"external_id": "Number"})
    carry_out(at=NOW)
    assert locks() == 0


# --- what a kind wants to know besides ---


def total(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r}: write WHAT=TOTAL")
    return name, value


def ask_for_totals(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--control", action="append", default=[], type=total, help="What it must add up to.")
    parser.add_argument("--allow-rejects", action="store_true")


@pytest.fixture
def controlled() -> LoadKind:
    """A kind that asks two things, as files of money do."""
    return replace(
        kind_named("customers"), arguments=ask_for_totals, labels={"control": "Control totals"},
        given=lambda options: {"control": dict(options["control"]), "allow_rejects": options["allow_rejects"]},
    )  # fmt: skip


def test_the_arguments_of_a_kinds_command_become_questions(controlled: LoadKind):
    assert questions_of(controlled) == [
        Question("control", "What it must add up to.", tick=False, several=True, label="Control totals"),
        Question("allow_rejects", "", tick=True, several=False, label="Allow rejects"),
    ]
    assert questions_of(kind_named("customers")) == []


def test_the_answers_are_what_the_load_is_given(controlled: LoadKind):
    given = given_by(controlled, {"control": "rows=3\n revenue:EUR=5.00 \n", "allow_rejects": True}, Path("a.csv"))
    assert given == {"control": {"rows": "3", "revenue:EUR": "5.00"}, "allow_rejects": True}
    assert given_by(controlled, {}, Path("a.csv")) == {"control": {}, "allow_rejects": False}


def test_an_answer_that_cannot_be_read_says_why(controlled: LoadKind):
    with pytest.raises(Unreadable, match="write WHAT=TOTAL"):
        given_by(controlled, {"control": "three"}, Path("a.csv"))


def test_the_form_asks_them_and_keeps_the_answers(controlled: LoadKind):
    said = {"column_0": "external_id", "encoding": "utf-8", "answer_control": "rows=3"}
    form = MappingForm(said, kind=controlled, names=["id"], guessed={}, encoding="utf-8", answers={})
    assert [field.label for field in form.answers_asked] == ["Control totals", "Allow rejects"]
    assert form.is_valid()
    assert form.cleaned_data["answers"] == {"control": "rows=3", "allow_rejects": False}
    wrong = MappingForm(
        {**said, "answer_control": "three"}, kind=controlled, names=["id"], guessed={}, encoding="utf-8", answers={}
    )
    assert not wrong.is_valid()
