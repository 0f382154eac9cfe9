"""Lists leave the house as they are shown: the same columns, rows and order, to nobody more than they show; large ones
by a worker, for the one who asked."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.urls import reverse

from common.admin.exports import ExportAdmin
from common.console_exports import ask
from common.exporting import forget, make
from common.exports import Table, download, write_xlsx
from common.models import Event, Export, User
from crm.models import Customer, Interaction
from surveys.models import Response
from tests.factories import crm, surveys
from tests.world import NOW, World

NS = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def read_xlsx(data: bytes) -> list[list[str]]:
    """Cells as text, by place; and no formula among them."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert sheet.findall(".//x:f", NS) == []
    found = []
    for row in sheet.findall(".//x:row", NS):
        cells: dict[str, str] = {}
        for cell in row.findall("x:c", NS):
            text = "".join(cell.itertext())
            cells[cell.attrib["r"].rstrip("0123456789")] = text
        found.append(list(cells.values()))
    return found


def xlsx_of(*rows: list[Any]) -> list[list[str]]:
    file = io.BytesIO()
    assert write_xlsx(file, Table("t", ["a"], rows)) == len(rows)
    return read_xlsx(file.getvalue())[1:]


HOSTILE = ["=1+1", "+4420", "-2", "@SUM(A1)", "\t=1", '=HYPERLINK("https://x")', "https://example.org", "{=1}", "0123"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text_in_a_workbook_whatever_it_begins_with(text):
    ((cell,),) = xlsx_of([text])
    assert cell == text


def test_values_keep_their_kind_in_a_workbook():
    at = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
    (row,) = xlsx_of([Decimal("-2.50"), 9, True, None, at, date(2026, 11, 24), 1234567890123456789])
    assert row == ["-2.50", "9", "yes", "46350.4375", "46350", "1234567890123456789"]


def test_a_cell_that_no_workbook_can_hold_is_cut_and_cleaned():
    ((cell,),) = xlsx_of(["a\x0b\x00b" + "c" * 40_000])
    assert len(cell) == 32_767
    assert cell.startswith("abc")


def test_a_file_is_private_and_named():
    response = download(Table("customers", ["a"], [["b"]]), "xlsx")
    assert response["Content-Disposition"] == 'attachment; filename="customers.xlsx"'
    assert response["Cache-Control"] == "no-store"


# --- the console's lists, for each role ---


def user_of(person: Any) -> User:
    return getattr(person, "user", person)


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(user_of(person), backend="django.contrib.auth.backends.ModelBackend")
    return client


def export(client: Client, model: Any, file_format: str = "csv", query: str = "") -> Any:
    place = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    pks = [str(pk) for pk in model.objects.values_list("pk", flat=True)[:40]]
    body = {"action": f"export_{file_format}", "_selected_action": pks, "select_across": "1"}
    return client.post(place + query, body)


def rows_of(response: Any) -> list[list[str]]:
    body = b"".join(response.streaming_content)
    if body.startswith(b"PK"):
        return read_xlsx(body)
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


@pytest.fixture
def company(world: World) -> World:
    """Three customers in Harbour, two at Station, an answer each."""
    program = surveys.program(name="Visits")
    for number, unit in enumerate([world.harbour] * 3 + [world.station] * 2):
        customer = crm.customer(unit=unit, family_name=f"Family{number}", given_name="=1+1")
        visit = crm.interaction(kind=world.visit, customer=customer, unit=unit, employee=None)
        surveys.response(unit=unit, program=program, score=number + 3, customer=customer, interaction=visit)
    return world


PEOPLE = ("operator", "olivia", "rosa", "helen", "elsa")


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize("model", [Customer, Interaction, Response])
@pytest.mark.parametrize("name", PEOPLE)
def test_an_export_has_exactly_the_rows_of_the_list(company, name, model, file_format):
    client = signed_in(getattr(company, name))
    place = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    listed = client.get(place).context["cl"]
    header, *found = rows_of(export(client, model, file_format))
    assert len(found) == listed.result_count == len(listed.result_list) > 0
    names = [n for n in listed.list_display if n != "action_checkbox"]
    assert len(header) == len(names)
    event = Event.objects.get(what="console.exported")
    told = {"model": model._meta.label_lower, "rows": len(found), "format": file_format}
    assert (event.data, event.by) == (
        told,
        getattr(company, name) if name == "operator" else getattr(company, name).user,
    )


def test_an_employee_who_sees_no_list_gets_no_file(company):
    assert export(signed_in(company.jonas), Customer).status_code == 403
    assert not Event.objects.filter(what="console.exported").exists()


def test_the_lists_filters_and_order_are_the_files(company):
    client, query = signed_in(company.operator), f"?unit__id__exact={company.station.pk}&category__exact=passive"
    listed = client.get(reverse("admin:surveys_response_changelist") + query).context["cl"]
    header, *found = rows_of(export(client, Response, "csv", query))
    scores = [row[header.index("score")] for row in found]
    assert scores == [str(row.score) for row in listed.result_list] == ["7"]


# --- many rows ---


@pytest.fixture
def few_at_once(settings):
    """More than two rows are many."""
    settings.EXPORT_AT_ONCE = 2


def asked_by(person: Any, **fields: Any) -> Export:
    options = {"model": "crm.customer", "query": "", "file_format": "csv", "at": NOW, **fields}
    return ask(user_of(person), options["model"], options["query"], options["file_format"], at=options["at"])


def fetch(person: Any, row: Export) -> Any:
    return signed_in(person).get(reverse("admin:common_export_file", args=[row.pk]))


def test_many_rows_are_asked_for_and_made_by_a_worker_and_fetched(company, few_at_once):
    response = export(signed_in(company.operator), Customer, "csv", "?segment=&o=1")
    assert response.status_code == 302
    row = Export.objects.get()
    assert (row.made_at, row.query, row.by) == (None, "segment=&o=1", company.operator)
    assert make(at=NOW) == 1
    row.refresh_from_db()
    assert (row.rows, row.query, row.is_ready) == (6, "", True)
    assert len(rows_of(fetch(company.operator, row))) == 1 + 6
    told = list(Event.objects.order_by("pk").values_list("what", flat=True))
    assert told[-3:] == ["export.asked", "console.exported", "export.fetched"]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_what_the_worker_makes_is_what_the_person_would_see(company, file_format):
    row = asked_by(company.elsa, file_format=file_format)
    make(at=NOW)
    said = str(rows_of(fetch(company.elsa, row)))
    assert [name in said for name in ("Family3", "Family4", "Family0", "Moreau")] == [True, True, False, False]


def test_the_filters_of_the_list_are_kept(company):
    row = asked_by(company.operator, model="surveys.response", query="category__exact=passive")
    make(at=NOW)
    row.refresh_from_db()
    assert row.rows == Response.objects.filter(category="passive").count() == 1


def test_nobody_else_fetches_it_not_even_the_operator(company):
    row = asked_by(company.elsa)
    make(at=NOW)
    assert [fetch(person, row).status_code for person in (company.olivia, company.helen, company.operator)] == [404] * 3
    assert Export.objects.visible_to(company.olivia.user).count() == 0
    assert Client().get(reverse("admin:common_export_file", args=[row.pk])).status_code == 302


def test_one_that_is_not_made_yet_cannot_be_fetched(company):
    assert fetch(company.elsa, asked_by(company.elsa)).status_code == 404


def test_who_has_left_meanwhile_gets_nothing(company):
    row = asked_by(company.elsa)
    User.objects.filter(pk=row.by_id).update(is_active=False)
    make(at=NOW)
    row.refresh_from_db()
    assert (row.failure, row.parts.count(), row.query) == ("This list is not open to you any more.", 0, "")


def test_an_export_is_forgotten_after_a_week(company):
    old, new = asked_by(company.elsa, at=NOW - timedelta(days=8)), asked_by(company.elsa)
    make(at=NOW), make(at=NOW)
    assert forget(at=NOW) == 1
    assert list(Export.objects.all()) == [new]
    assert old.parts.count() == 0


def test_more_than_anybody_reads_is_refused(company, settings):
    settings.EXPORT_MOST = 5
    response = export(signed_in(company.operator), Customer)
    assert response.status_code == 302
    assert not Export.objects.exists()
    assert not Event.objects.filter(what="console.exported").exists()


def test_the_list_of_exports_shows_ones_own(company):
    asked_by(company.elsa), asked_by(company.helen)
    page = signed_in(company.elsa).get(reverse("admin:common_export_changelist"))
    assert page.context["cl"].result_count == 1
    assert ExportAdmin.deletable is False
