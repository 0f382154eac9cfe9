"""What both fast lanes do: tell the rows of a stretch that are surely fine from the others, write them, leave those.

Temporary tables of a run: `load_rows` (the cells), `load_judged` (the rows: what they mean, whether they are surely
fine, their place among several of one id, the newest first), `load_new` (what was made of them) and `load_old` (what
was there). All rows of one id go one way: if one of them is not surely fine, none is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from common.text import clean_line
from crm.services.arriving import AHEAD, Intake
from crm.services.loading.fast.cells import Cells, quoted
from crm.services.loading.fast.staging import Staging
from crm.services.loading.fast.text import Traits
from crm.services.loading.layouts import Layout
from crm.services.loading.records import Record, Stretch
from crm.services.loading.sources import Source
from crm.services.upserting import Upsert

ID_LENGTH = 120
HELD = 10_000  # rows at a time, where all of a stretch are looked at one by one
WORK_MEMORY = "64MB"  # a stretch is sorted and joined in memory
TABLES = ("load_judged", "load_new", "load_old")


class Judgement(NamedTuple):
    """In SQL: `joins`; `found`: what they bring, by name; `checks`: where all hold the row is surely fine; `means`: the
    columns of such a row."""

    joins: list[str]
    found: dict[str, str]
    checks: list[str]
    means: dict[str, str]


class Lane(ABC):
    """The fast lane of one file."""

    how: Upsert
    returning: tuple[str, ...] = ("id", "external_id")

    def __init__(self, file: Source, layout: Layout, intake: Intake) -> None:
        self.staging, self.cells, self.intake = Staging(file), Cells(layout), intake
        self.table = self.how.model._meta.db_table
        self.counts: Counter[str] = Counter()

    @classmethod
    def suits(cls, layout: Layout) -> bool:
        """Whether all columns of a file mean here what they mean to the shapes."""
        names = [name.removeprefix("attributes.") for name in (*layout.places, *layout.fixed)]
        return not layout.mended and not layout.readers and all(name == clean_line(name, limit=100) for name in names)

    @abstractmethod
    def columns(self) -> dict[str, str]:
        """{column of load_judged: its type}, those of the target among them."""

    @abstractmethod
    def moments(self) -> dict[str, str]:
        """{name: moment} of the columns that hold one, read once a row; `as_of` among them."""

    @abstractmethod
    def judge(self) -> Judgement:
        """How the rows of the stretch in `load_rows` are judged."""

    @abstractmethod
    def sights(self) -> Mapping[str, QuerySet[Any]]:
        """{column: rows that the sender may refer to by it}."""

    @abstractmethod
    def belongings(self) -> None:
        """Write what belongs to the rows, old and new."""

    @contextmanager
    def open(self) -> Iterator[Lane]:
        self.staging.create()
        typed = ", ".join(f"{name} {kind}" for name, kind in self.columns().items())
        self._run(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{table}' for table in TABLES)}")
        self._run(
            f"CREATE TEMPORARY TABLE load_judged (line bigint, external_id text, {typed}, fine boolean, place bigint)"
        )
        self._run("CREATE TEMPORARY TABLE load_new (id bigint, external_id text)")
        self._run("CREATE TEMPORARY TABLE load_old (line bigint, id bigint, news boolean, status text)")
        yield self
        self._run(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{table}' for table in TABLES)}")
        self.staging.drop()

    def take(self, stretch: Stretch) -> tuple[Counter[str], list[Record]]:
        """Write what is surely fine; returns its counts and the rows that the shapes have to judge. In a transaction of
        the caller's."""
        self._run(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        self._run(f"TRUNCATE {', '.join(TABLES)}")
        traits, broken = self.staging.fill(stretch)
        self._judge(traits)
        self._leave_doubtful(broken)
        counts = self._write()
        lines = [line for (line,) in self._run("SELECT line FROM load_judged WHERE NOT fine")]
        return counts, sorted([*self.staging.records(lines), *broken])

    each_counts = False  # of several versions of a row the older ones say something too

    def _judge(self, traits: Traits) -> None:
        joins, found, checks, means = self.judge()
        fine = [self.cells.fits("external_id", ID_LENGTH, blank=False), *checks]
        beside = ", ".join(f"{value} AS {name}" for name, value in found.items())
        if traits.pattern:
            fine.append(f"NOT {self.cells.all()} ~ {quoted(traits.pattern)}")
        moments = ", ".join(f"{moment} AS {name}" for name, moment in self.moments().items())
        values = ", ".join(means[name] for name in self.columns())
        self._run(f"""
            INSERT INTO load_judged
            SELECT line, {self.cells["external_id"]}, {values}, fine,
                row_number() OVER (PARTITION BY {self.cells["external_id"]} COLLATE "C" ORDER BY as_of DESC, line DESC)
            FROM (
                SELECT r.*, {beside}, coalesce({" AND ".join(fine)}, false) AS fine
                FROM (SELECT r.*, {moments} FROM load_rows r OFFSET 0) r {" ".join(joins)} OFFSET 0
            ) r
        """)

    def join(self, name: str, table: str) -> str:
        """The row that the reference `name` means, under that name."""
        own, cell = quoted(self.intake.source), self.cells.source(name)
        source = f"CASE {cell} WHEN '' THEN {own} ELSE {cell} END" if f"{name}.source" in self.cells else own
        return f"LEFT JOIN {table} {name} ON {name}.source = {source} AND {name}.external_id = {self.cells[name]}"

    def now(self) -> str:
        return f"{quoted(self.intake.at.isoformat())}::timestamptz"

    def not_ahead(self, moment: str) -> str:
        return f"{moment} <= {quoted((self.intake.at + AHEAD).isoformat())}::timestamptz"

    def _leave_doubtful(self, broken: list[Record]) -> None:
        """What the sender may not see is not surely fine, nor is a row that shares its id with one that is not."""
        if self.intake.principal is not None:
            for column, rows in self.sights().items():
                self._leave_unseen(column, rows)
        if self.each_counts:
            self._run(
                "UPDATE load_judged SET fine = false WHERE fine AND external_id IN"
                " (SELECT external_id FROM load_judged WHERE place > 1)"
            )
        cell = self.cells.layout.places.get("external_id")
        doubtful = [name for (name,) in self._run("SELECT external_id FROM load_judged WHERE NOT fine")]
        doubtful += [record.cells[cell] for record in broken if not record.problem and cell is not None]
        ids = {clean_line(name, limit=ID_LENGTH + 1) for name in doubtful if name}
        if ids:
            self._run("UPDATE load_judged SET fine = false WHERE fine AND external_id = ANY(%s)", [list(ids)])

    def _leave_unseen(self, column: str, rows: QuerySet[Any], table: str = "load_judged") -> None:
        named = rows.filter(pk__in=RawSQL(f"SELECT {column} FROM {table}", [])).order_by().values("pk")  # noqa: S611
        seen, values = named.query.sql_with_params()
        self._run(
            f"UPDATE load_judged SET fine = false WHERE fine AND line IN"
            f" (SELECT line FROM {table} WHERE {column} IS NOT NULL AND {column} NOT IN ({seen}))",
            list(values),
        )

    def _write(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        (wanted,) = self._run("SELECT count(*) FROM load_judged WHERE fine AND place = 1")[0]
        counts["created"], counts["late"] = self._insert()
        if counts["created"] < wanted:
            self._meet_old()
        self.belongings()
        counts.update(dict(self._run(_BY_STATUS)))
        ((fine, older),) = self._run("SELECT count(*), count(*) FILTER (WHERE place > 1) FROM load_judged WHERE fine")
        counts.update(received=fine, stale=older)
        return +counts

    def _given(self) -> str:
        """What is written, column by column, from load_judged."""
        known = {
            "source": quoted(self.intake.source),
            "received_at": f"{quoted(self.intake.at.isoformat())}::timestamptz",
            "load_id": str(self.intake.load.pk) if self.intake.load else "NULL",
        }
        return ", ".join(known.get(name, f"j.{name}") for name in self.how.columns)

    def _insert(self) -> tuple[int, int]:
        """The new rows; how many, and how many of them are late. They stand in the order of their ids (`place` was
        numbered in it), so that senders of the same rows queue up instead of locking each other up."""
        made: tuple[int, int] = self._run(f"""
            WITH written AS (
                INSERT INTO {self.table} ({", ".join(self.how.columns)})
                SELECT {self._given()} FROM load_judged j WHERE fine AND place = 1
                ON CONFLICT (source, external_id) DO NOTHING RETURNING {", ".join(self.returning)}
            ), kept AS (INSERT INTO load_new SELECT id, external_id FROM written)
            SELECT count(*), {self.late()} FROM written
        """)[0]
        return made

    def late(self) -> str:
        return "0"

    def _meet_old(self) -> None:
        """What was there already: told apart by version and content, and overwritten where it is older."""
        differs = self.how.differs(old="o", new="j")
        self._run(
            f"""
            INSERT INTO load_old
            SELECT j.line, o.id, {self.how.news(old="o", new="j")},
                CASE WHEN o.as_of > j.as_of THEN 'stale' WHEN {differs} THEN 'updated' ELSE 'unchanged' END
            FROM load_judged j LEFT JOIN load_new n USING (external_id)
            CROSS JOIN LATERAL (
                SELECT * FROM {self.table} t WHERE t.source = %s AND t.external_id = j.external_id OFFSET 0
            ) o
            WHERE j.fine AND j.place = 1 AND n.id IS NULL
            """,
            [self.intake.source],
        )
        changeable = self.changeable()
        if changeable is not None:
            self._leave_unseen("id", changeable, "load_old")
            self._run("DELETE FROM load_old o USING load_judged j WHERE j.line = o.line AND NOT j.fine")
        self._run(f"""
            INSERT INTO {self.table} AS old ({", ".join(self.how.columns)})
            SELECT {self._given()} FROM load_judged j JOIN load_old o USING (line) WHERE o.news
            ORDER BY j.external_id COLLATE "C"
            ON CONFLICT (source, external_id) DO UPDATE SET {self.how.sets()} WHERE {self.how.news()}
        """)

    def changeable(self) -> QuerySet[Any] | None:
        """The rows that the sender may change; None: all."""
        rows = self.how.model._default_manager.all()
        return None if self.intake.principal is None else self.intake.in_sight(rows)

    def _run(self, statement: str, values: list[Any] | None = None) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def _streamed(self, statement: str) -> Iterator[Any]:
        """The rows of a statement about every row of the stretch, of which only some are held at a time."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(statement)
            while rows := cursor.fetchmany(HELD):
                yield from rows


_BY_STATUS = "SELECT status, count(*) FROM load_old GROUP BY status"
