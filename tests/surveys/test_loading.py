"""Loading answers collected elsewhere: every line is accounted for, the same file twice is a no-op."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from common.models import Event, Load
from surveys.models import Answer, Program, Response
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.surveys.test_further_questions import QUESTIONS, TEXTS
from tests.world import World

HEADER = "day,user,rating,words\n"
MAPS = ["--map", "score=rating", "--map", "date=day", "--map", "comment=words"]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


class Loader:
    def __init__(self, folder: Path, capsys: Any) -> None:
        self.folder, self.capsys = folder, capsys

    def write(self, content: str | bytes, name: str = "answers.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def __call__(self, path: Path | str, *more: str, maps: list[str] = MAPS) -> str:
        """Runs the command; returns its first line. It ends with 3 where lines were rejected, and only there."""
        self.capsys.readouterr()
        code: object = 0
        try:
            call_command("load", "responses", str(path), "--program", "bought", *maps, *more)
        except SystemExit as ended:
            code = ended.code
        out: str = self.capsys.readouterr().out
        assert code == (3 if "Rejected lines" in out else 0)
        return out.splitlines()[0]

    def rejects(self, name: str = "answers.csv") -> list[list[str]]:
        with (self.folder / f"{name}.responses.reject.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))


@pytest.fixture
def load(world: World, tmp_path: Path, capsys: Any) -> Loader:
    ask.program(code="bought", kind=Program.Kind.COLLECTED)
    return Loader(tmp_path, capsys)


@pytest.fixture
def here(world: World) -> list[str]:
    return ["--unit", world.harbour.external_id, "--channel", "email"]


def test_a_line_becomes_an_answer(world: World, load: Loader, here: list[str]):
    path = load.write("day,user,rating,words\n2026-11-20,u1,9.0,Très bien\n")
    line = load(path, *here, "--map", "customer_number=user", "--id", "user")
    assert line == "1 read = 1 created + 0 unchanged + 0 rejected"
    found = Response.objects.get()
    assert (found.score, found.category, found.comment, found.channel) == (9, "promoter", "Très bien", "email")
    assert (found.source, found.external_id, found.unit) == ("answers", "u1", world.harbour)
    assert found.answered_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert found.attributes == {"customer_number": "u1"}
    assert (found.status, found.signalled_at, found.folded_at) == ("complete", None, None)
    assert sorted(Answer.objects.values_list("question", "value")) == [("comment", "Très bien"), ("score", 9)]


def test_the_load_is_kept_and_leaves_one_event(load: Loader, here: list[str]):
    load(load.write(HEADER + "2026-11-20,u1,9,\n2026-11-20,u2,x,\n"), *here)
    row = Load.objects.get()
    assert row.counts == {"received": 2, "created": 1, "unchanged": 0, "rejected": 1}
    assert (row.kind, row.name, len(row.digest), row.failure) == ("responses", "answers.csv", 64, "")
    assert row.finished_at is not None
    assert Response.objects.get().load == row
    assert Event.objects.get(what="load.finished").data == {"kind": "responses", **row.counts}


def test_the_same_file_again_changes_nothing(load: Loader, here: list[str]):
    path = load.write(HEADER + "2026-11-20,u1,9,a\n2026-11-20,u1,9,a\n2026-11-20,u1,8,a\n")
    assert load(path, *here) == "3 read = 3 created + 0 unchanged + 0 rejected"
    before = list(Response.objects.order_by("id").values())
    assert load(path, *here) == "3 read = 0 created + 3 unchanged + 0 rejected"
    assert list(Response.objects.order_by("id").values()) == before


def test_lines_that_are_alike_are_told_apart_across_batches(load: Loader, here: list[str]):
    path = load.write(HEADER + "2026-11-20,u1,9,a\n" * 2500)
    assert load(path, *here) == "2500 read = 2500 created + 0 unchanged + 0 rejected"
    assert load(path, *here) == "2500 read = 0 created + 2500 unchanged + 0 rejected"


def test_a_file_that_grew_adds_what_is_new(load: Loader, here: list[str]):
    load(load.write(HEADER + "2026-11-20,u1,9,a\n"), *here)
    path = load.write(HEADER + "2026-11-20,u1,9,a\n2026-11-21,u2,3,b\n")
    assert load(path, *here) == "2 read = 1 created + 1 unchanged + 0 rejected"


def test_a_known_id_with_another_answer_is_rejected_and_the_first_stays(load: Loader, here: list[str]):
    load(load.write(HEADER + "2026-11-20,u1,9,a\n"), *here, "--id", "user")
    path = load.write(HEADER + "2026-11-20,u1,2,a\n2026-11-20,u1,9,a\n")
    assert load(path, *here, "--id", "user") == "2 read = 0 created + 1 unchanged + 1 rejected"
    assert load.rejects()[1] == ["2", "this id is already stored with another answer", "2026-11-20", "u1", "2", "a"]
    assert Response.objects.get().score == 9


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2026-11-20,u1,9.5,", "score '9.5' is not a whole number"),
        ("2026-11-20,u1,11,", "score 11 is not on the scale from 0 to 10"),
        ("2026-11-20,u1,-1,", "score -1 is not on the scale from 0 to 10"),
        ("2026-11-20,u1,1e1,", "score '1e1' is not a whole number"),
        ("2026-11-20,u1,true,", "score 'true' is not a whole number"),
        ("2026-11-20,u1,,", "no score"),
        ("20.11.2026,u1,9,", "date '20.11.2026' is not of the form 2026-11-23"),
        (",u1,9,", "date '' is not of the form 2026-11-23"),
        ("2126-11-20,u1,9,", "date '2126-11-20' is before 1970 or in the future"),
        ("0001-01-01 00:00+05:00,u1,9,", "date '0001-01-01 00:00+05:00' is before 1970 or in the future"),
        ("2026-11-20,u1", "2 columns where the header has 4"),
        ("2026-11-20,u1,9,a,b", "5 columns where the header has 4"),
    ],
)
def test_a_line_that_cannot_be_taken_is_rejected_with_its_number(load: Loader, here: list[str], line: str, why: str):
    path = load.write(f"{HEADER}2026-11-20,u0,9,fine\n\n{line}\n")
    assert load(path, *here) == "2 read = 1 created + 0 unchanged + 1 rejected"
    assert load.rejects()[0][:2] == ["line", "reason"]
    assert load.rejects()[1][:2] == ["4", why]
    assert Response.objects.get().comment == "fine"


def test_the_reject_file_runs_no_formulas_and_does_not_pile_up(load: Loader, here: list[str]):
    path = load.write(HEADER + '2026-11-20,=1+1,x,"@cmd"\n')
    for _ in range(2):
        load(path, *here)
    assert load.rejects()[1:] == [["2", "score 'x' is not a whole number", "2026-11-20", "'=1+1", "x", "'@cmd"]]


def test_a_line_break_inside_quotes_belongs_to_its_line(load: Loader, here: list[str]):
    path = load.write(HEADER + '2026-11-20,u1,9,"two\r\nlines"\n2026-11-20,u2,x,\n')
    load(path, *here)
    assert Response.objects.get().comment == "two\nlines"
    assert load.rejects()[1][0] == "4"


def test_hostile_text_comes_in_clean(load: Loader, here: list[str]):
    load(load.write(HEADER + f"2026-11-20,u1,9,a\0b\u202ec {'x' * 12_000}\n"), *here)
    found = Response.objects.get()
    assert (found.comment[:5], len(found.comment), found.comment_truncated) == ("abc x", 10_000, True)


def test_another_scale_is_stored_as_such_without_categories(load: Loader, here: list[str]):
    path = load.write(HEADER + "2026-11-20,u1,10,\n2026-11-20,u2,0,\n")
    assert load(path, *here, "--scale", "1-10") == "2 read = 1 created + 0 unchanged + 1 rejected"
    found = Response.objects.get()
    assert (found.score, found.scale_min, found.scale_max, found.category) == (10, 1, 10, "")


def test_answers_to_further_questions_come_from_columns_too(load: Loader, here: list[str]):
    ask.version(program=Program.objects.get(code="bought"), questions=QUESTIONS, wording=TEXTS)
    path = load.write(
        'day,rating,w,topics,how\n2026-11-20,3,2,"fees, staff",high\n2026-11-20,9,5,staff,\n2026-11-20,9,,,\n'
        "2026-11-20,3,6,,\n2026-11-20,3,,coffee,\n2026-11-20,9,,fees,high\n"
    )
    columns = ["--answer", "wait=w", "--answer", "what=topics", "--answer", "fees-how=how"]
    maps = ["--map", "score=rating", "--map", "date=day"]
    assert load(path, *here, *columns, maps=maps) == "6 read = 3 created + 0 unchanged + 3 rejected"
    rows = Response.objects.order_by("pk")
    assert [row.further for row in rows] == [
        {"wait": 2, "what": ["fees", "staff"], "fees-how": "high"}, {"wait": 5, "what": ["staff"]}, None,
    ]  # fmt: skip
    assert Answer.objects.filter(response=rows[0]).count() == 4
    assert [row[1] for row in load.rejects()[1:]] == [
        "wait: Give a whole number from 1 to 5.",
        "what: Give a list of any of fees, staff.",
        "fees-how: not asked of who gives this score and these answers.",
    ]
    assert load(path, *here, *columns, maps=maps) == "6 read = 0 created + 3 unchanged + 3 rejected"
    with pytest.raises(CommandError, match="no further question nothing; it asks wait, what, fees-how, more"):
        load(path, *here, "--answer", "nothing=w", maps=maps)


def test_a_file_given_again_after_the_program_asks_something_else_changes_nothing(load: Loader, here: list[str]):
    program = Program.objects.get(code="bought")
    ask.version(program=program, questions=QUESTIONS, wording=TEXTS)
    path = load.write("day,rating,w,id\n2026-11-20,9,5,a-1\n")
    more = ["--answer", "wait=w", "--id", "id"]
    maps = ["--map", "score=rating", "--map", "date=day"]
    assert load(path, *here, *more, maps=maps) == "1 read = 1 created + 0 unchanged + 0 rejected"
    ask.version(program=program, questions=[], wording=TEXTS)
    path = load.write("day,rating,w,id\n2026-11-20,9,5,a-1\n2026-11-20,9,5,a-2\n2026-11-20,9,,a-3\n")
    assert load(path, *here, *more, maps=maps) == "3 read = 1 created + 1 unchanged + 1 rejected"
    assert load.rejects()[1][1] == "wait: the program asks no such question any more."


def test_unit_and_channel_may_come_from_columns(world: World, load: Loader):
    path = load.write(
        f"when;where;how;n\n20/11/2026;{world.mill.external_id};kiosk;7\n20/11/2026;moon;kiosk;7\n20/11/2026;;kiosk;7\n"
    )
    maps = ["--map", "score=n", "--map", "date=when", "--map", "unit=where", "--map", "channel=how"]
    assert load(path, "--date-format", "%d/%m/%Y", maps=maps) == "3 read = 1 created + 0 unchanged + 2 rejected"
    found = Response.objects.get()
    assert (found.unit, found.channel) == (world.mill, "kiosk")
    assert [row[1] for row in load.rejects()[1:]] == ["unit 'moon' is unknown", "no unit"]


def test_a_time_without_an_offset_is_on_the_units_clock(world: World, load: Loader):
    away = make.unit(zone="America/New_York")
    path = load.write(HEADER + "2026-11-20 09:30,u1,9,\n")
    load(path, "--unit", away.external_id, "--channel", "till")
    assert Response.objects.get().answered_at == datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def test_attributes_keep_numbers_and_leave_out_what_is_missing(load: Loader, here: list[str]):
    path = load.write("rating,visits,revenue,code,empty\n9,18,34.90,007,\n")
    maps = ["--map", "score=rating", *(f"--map={name}={name}" for name in ("visits", "revenue", "code", "empty"))]
    load(path, *here, "--on", "2026-11-20", maps=maps)
    assert Response.objects.get().attributes == {"visits": 18, "revenue": 34.9, "code": "007"}


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
def test_a_declared_encoding_is_read(load: Loader, here: list[str], encoding: str):
    path = load.write((HEADER + "2026-11-20,u1,9,très\n").encode(encoding))
    load(path, *here, "--encoding", "utf-8" if encoding == "utf-8-sig" else encoding)
    assert Response.objects.get().comment == "très"


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (b"", [], "answers.csv is empty"),
        (HEADER.encode() + b"2026-11-20,u1,9,tr\xe8s\n", [], "is not utf-8.*Say which encoding"),
        (HEADER.encode(), ["--encoding", "klingon"], "no encoding 'klingon'"),
        (b"day,user,words\n", [], "No column 'rating'; there are 'day', 'user', 'words'"),
        (HEADER.encode(), ["--id", "number"], "No column 'number'"),
        (b"day,rating,rating,words\n", [], "several columns named 'rating'"),
        (b"\n\n", [], "has no header"),
        (HEADER.encode() + b"x" * (1 << 21), [], "longer than"),
        (b"x" * (1 << 21), [], "Line 1 is longer than"),
        (b"x" * 200_000 + b"\n", [], "The header of answers.csv cannot be read: field larger than"),
        (b"a," * 500_000 + b"\n", [], "more than 1,000 columns"),
        (HEADER.encode() + b"2026-11-20,u1,9,\n", ["--source", "public-link:0123"], "reserved for public links"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_whole(
    load: Loader, here: list[str], content: bytes, more: list[str], said: str
):
    with pytest.raises(CommandError, match=said):
        load(load.write(content), *here, *more)
    assert not Response.objects.exists()
    assert not Event.objects.filter(what="load.finished").exists()


@pytest.mark.parametrize(
    ("left_out", "said"),
    [("--unit", "Say where"), ("--channel", "Say how"), ("score", "which column"), ("date", "Say when")],
)
def test_what_every_answer_needs_has_to_be_said(load: Loader, here: list[str], left_out: str, said: str):
    path = load.write(HEADER + "2026-11-20,u1,9,\n")
    maps = [word for name in ("score=rating", "date=day") if not name.startswith(left_out) for word in ("--map", name)]
    options = [
        word for name, value in zip(here[::2], here[1::2], strict=True) if name != left_out for word in (name, value)
    ]
    with pytest.raises(CommandError, match=said):
        load(path, *options, maps=maps)


def test_a_missing_file_or_program_is_said(load: Loader, here: list[str]):
    with pytest.raises(CommandError, match="cannot be opened"):
        load("nowhere.csv", *here)
    path = load.write(HEADER)
    with pytest.raises(CommandError, match="no program 'sold'"):
        call_command("load", "responses", str(path), "--program", "sold", *MAPS, *here)


def test_the_program_is_created_if_asked_for_and_the_file_can_be_taken(load: Loader, here: list[str]):
    empty, path = load.write("", "empty.csv"), load.write(HEADER + "2026-11-20,u1,9,\n")
    create = ["--program", "sold", "--create-program", "After a sale", *MAPS, *here]
    with pytest.raises(CommandError, match="is empty"):
        call_command("load", "responses", str(empty), *create)
    assert not Program.objects.filter(code="sold").exists()
    call_command("load", "responses", str(path), *create)
    program = Program.objects.get(code="sold")
    assert (program.name, program.kind, program.active, program.responses.count()) == (
        "After a sale",
        "collected",
        False,
        1,
    )


def nps(channel: str) -> float:
    found = Counter(Response.objects.filter(channel=channel).values_list("category", flat=True))
    return round(100 * (found["promoter"] - found["detractor"]) / sum(found.values()), 2)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the real files in ../shared/data are not here")
def test_three_real_channels_of_one_program(world: World, load: Loader, tmp_path: Path):
    expected = {"email": (1952, 18.60), "mobile": (1801, -14.71), "web": (2290, 22.10)}
    for channel, (lines, score) in expected.items():
        path = load.write((SHARED / "nps_channels_scores" / f"nps_{channel}.csv").read_bytes(), f"nps_{channel}.csv")
        options = ["--unit", world.harbour.external_id, "--channel", channel]
        maps = ["--map", "score=nps_rating", "--map", "date=response_date"]
        assert load(path, *options, maps=maps) == f"{lines} read = {lines} created + 0 unchanged + 0 rejected"
        assert load(path, *options, maps=maps) == f"{lines} read = 0 created + {lines} unchanged + 0 rejected"
        assert nps(channel) == score
    assert Response.objects.count() == 6043


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the real files in ../shared/data are not here")
def test_a_real_french_file_under_its_own_scale(world: World, load: Loader, here: list[str]):
    path = load.write((SHARED / "nps_garden_retail_fr" / "sample.csv").read_bytes())
    maps = ["--map", "score=nps", "--map", "comment=verbatim_fr", "--map", "visits=visits"]
    options = [*here, "--scale", "1-10", "--on", "2015-06-30", "--id", "id"]
    assert load(path, *options, maps=maps) == "4106 read = 4008 created + 0 unchanged + 98 rejected"
    assert {row[1] for row in load.rejects()[1:]} == {"no score"}
    found = Response.objects.get(external_id="2482")
    assert found.comment.startswith("Il y a très peu de caisse ouverte et le délai d'attente")
    assert (found.score, found.scale_min, found.category, found.attributes) == (7, 1, "", {"visits": 18})
    assert load(path, *options, maps=maps) == "4106 read = 0 created + 4008 unchanged + 98 rejected"
