"""Files whose dates and lists are written another way: the mapping says how, and nobody has to rewrite the file."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from crm.models import Interaction, InteractionKind, Source
from crm.services.loading import Unreadable, kind_named, load_file
from crm.services.loading.readings import Reading, pattern_of, reader_of, reading_of
from tests.factories import crm as make
from tests.world import NOW

SCHEMA = {"closed": {"type": "date"}, "rung": {"type": "datetime"}, "reasons": {"type": "strings"}}
HEAD = "No;Came;Closed;Rung;Why\n"


@pytest.fixture
def path(db, tmp_path):
    InteractionKind.objects.create(code="complaint", name="Complaint", schema=SCHEMA)
    Source.objects.create(code="tdi", name="Department", zone="America/Chicago", created_at=NOW)
    make.unit(external_id="u-1", source="tdi")
    make.customer(external_id="c-1", source="tdi")
    return tmp_path / "complaints.csv"


COLUMNS = {
    "external_id": "No", "kind": "=complaint", "unit": "=u-1", "customer": "=c-1",
    "occurred_at": {"column": "Came", "format": "M/D/YYYY"},
    "attributes.closed": {"column": "Closed", "format": "DD.MM.YYYY"},
    "attributes.rung": {"column": "Rung", "format": "D MMM YYYY h:mm AM"},
    "attributes.reasons": {"column": "Why", "separator": "|"},
}  # fmt: skip


def load(path, rows, **columns):
    path.write_text(HEAD + rows)
    return load_file(kind="interactions", path=path, source="tdi", columns={**COLUMNS, **columns}, at=NOW)


def test_dates_and_lists_of_another_form_come_in_as_they_are(path):
    row = "1;7/23/2012;02.07.2014;3 Jul 2014 2:05 PM;Delay, again| Price |Delay, again\n"
    assert load(path, row).counts["created"] == 1
    found = Interaction.objects.get()
    assert found.occurred_at == datetime(2012, 7, 23, 12, tzinfo=ZoneInfo("America/Chicago"))
    assert found.attributes == {
        "closed": "2014-07-02", "rung": "2014-07-03T14:05:00-05:00", "reasons": ["Delay, again", "Price"]
    }  # fmt: skip


def test_a_list_may_hold_our_own_separator(path):
    load(path, '1;7/23/2012;;;"Price; high|Delay"\n')
    assert Interaction.objects.get().attributes == {"reasons": ["Price; high", "Delay"]}


def test_a_cell_that_is_not_of_the_form_is_refused_and_stops_no_other(path):
    found = load(path, "1;23/7/2012;;;\n2;7/23/2012;;;\n3;7/23/2012;31.02.2014;;\n")
    assert (found.counts["created"], found.counts["rejected"]) == (1, 2)
    assert [row.external_id for row in Interaction.objects.all()] == ["2"]


def test_the_same_file_again_changes_nothing_and_one_cut_short_knows_its_forms(path):
    first = load(path, "1;7/23/2012;;;\n")
    assert first.options["columns"]["occurred_at"] == {"column": "Came", "format": "M/D/YYYY"}
    assert load(path, "1;7/23/2012;;;\n").counts["unchanged"] == 1


@pytest.mark.parametrize(
    "said",
    [
        {"column": "Came", "format": "M/D"}, {"column": "Came", "format": "YYYY-MM-DD DD"}, {"format": "M/D/YYYY"},
        {"column": "Came", "format": "%Y%m%d"}, {"column": "Came", "dates": "M/D/YYYY"}, {"column": 3}, 7,
    ],
)  # fmt: skip
def test_a_form_that_makes_no_sense_refuses_the_file(path, said):
    with pytest.raises(Unreadable):
        load(path, "1;7/23/2012;;;\n", occurred_at=said)
    assert Interaction.objects.count() == 0


@pytest.mark.parametrize(
    ("form", "cell", "means"),
    [
        ("M/D/YYYY", "07/03/2014", "2014-07-03T12:00:00-05:00"),
        ("DD.MM.YYYY HH:mm", "31.01.2014 23:59", "2014-01-31T23:59:00-06:00"),
        ("YYYY-MM-DDTHH:mm:ss", "2014-01-31T00:00:00", "2014-01-31T00:00:00-06:00"),
        ("YYYYMMDD", "20140131", "2014-01-31T12:00:00-06:00"),
        ("M/D/YYYY", "soon", "soon"),
    ],
)
def test_a_moment_is_read_on_the_clock_of_the_source(form, cell, means):
    reading, kind = Reading("Came", form), kind_named("interactions")
    read = reader_of("occurred_at", reading, kind=kind, zone=ZoneInfo("America/Chicago"))
    assert read(cell) == means


def test_a_day_of_a_file_with_times_is_the_day():
    read = reader_of("joined_on", Reading("a", "M/D/YYYY H:mm"), kind=kind_named("relationships"), zone=UTC)
    assert read("7/3/2014 23:10") == "2014-07-03"


def test_the_command_takes_forms_and_separators(path, capsys):
    path.write_text(HEAD + "1;7/23/2012;;;a|b\n")
    mapped = [
        "external_id=No",
        "kind==complaint",
        "unit==u-1",
        "customer==c-1",
        "occurred_at=Came",
        "attributes.reasons=Why",
    ]
    said = [word for each in mapped for word in ("--map", each)]
    said += ["--format", "occurred_at=M/D/YYYY", "--separator", "attributes.reasons=|"]
    call_command("load", "interactions", str(path), "--source", "tdi", *said)
    assert "1 read = 1 created" in capsys.readouterr().out
    assert Interaction.objects.get().attributes == {"reasons": ["a", "b"]}
    with pytest.raises(CommandError, match="say with --map which column as_of is"):
        call_command("load", "interactions", str(path), "--source", "tdi", *said, "--format", "as_of=M/D/YYYY")


def test_what_needs_no_more_is_kept_as_before():
    assert reading_of("Came") == Reading("Came")
    assert pattern_of("M/D/YYYY") == "%m/%d/%Y"
