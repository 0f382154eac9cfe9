"""One file, a stretch at a time: rows are judged as those of any list, written, and the load's progress with them.

Every line is accounted for: received = created + updated + unchanged + stale + rejected. A load that was cut short goes
on where it was when the same file is given again; a finished one is judged anew, and all of it is unchanged.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from common.claims import whole
from common.csv_files import Unreadable
from common.models import Event, Load, User
from common.planner import MANY, learn_sizes
from common.queue import enqueue
from common.rings import out_of_ring
from common.text import clean_line
from crm.services.arriving import Arrival, Intake
from crm.services.feeds.counting import count_in
from crm.services.loading.fast.lane import Lane
from crm.services.loading.kinds import OF_CELLS, Item, LoadKind, Refused, kind_named
from crm.services.loading.layouts import Layout, layout_of
from crm.services.loading.readings import Said, clock_of
from crm.services.loading.records import Record, Stretch, records_of, stretches_of
from crm.services.loading.rejects import RejectFile, reject_file_of
from crm.services.loading.sources import Source, look_at
from crm.services.taking_in import counts_of, rows_of
from crm.sight import Principal

BATCH = 2_000
# bytes: a few batches; enough for a statement to be worth its while; all units of any company
STRETCH, FAST_STRETCH, LONG_STRETCH = 1 << 20, 16 << 20, 32 << 20
SOURCE_LENGTH = 60
BROKEN_OFF = "Broken off ({}). Give the same file again, and it goes on where it was."
UNTOLD: dict[str, None] = dict.fromkeys(("rejects", "rejects_checksum"))  # no options: how far the reject file is
COUNTS = ("received", "created", "updated", "unchanged", "stale", "rejected", "late")

Progress = Callable[[Load], None]


def load_file(
    *,
    kind: str,
    path: Path,
    source: str,
    columns: Mapping[str, Said] | None,
    at: datetime,
    by: User | None = None,
    principal: Principal = None,
    dry_run: bool = False,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    given: Mapping[str, Any] | None = None,
    fast: bool = True,
    stretch: int | None = None,
    patience: float = 10,
    progress: Progress = lambda _: None,
) -> Load:
    """Take a CSV file in (packed, if its name ends in .gz). Returns the finished Load.

    `columns`: {our field: column of the file, "=text" for all rows, or with the form of dates and lists (`readings`)};
    None: the file's columns have our names.
    `dry_run`: everything is judged, counted and put into the reject file, nothing is written. `given`: what the kind
    wants to know besides, such as control totals. `fast`: False has every row judged by the shapes, to the same result.
    `stretch`: bytes taken at a time; `patience`: seconds to wait for another process that has the file in hand.
    After a large file the planner is told how large its tables are now.
    Rows that cannot be taken go to FILE.KIND.reject.csv (`rejects`).
    Raises Unreadable, with nothing stored, if the file cannot be understood; Refused if its kind refuses it as a whole.
    """
    known, source = kind_named(kind), clean_line(source)
    if not 0 < len(source) <= SOURCE_LENGTH:
        raise Unreadable(f"Name the source of the rows in at most {SOURCE_LENGTH} characters.")
    file = look_at(path, encoding=encoding, delimiter=delimiter)
    layout = layout_of(known, file.names, columns, clock_of(source))
    options = {
        "columns": dict(columns) if columns is not None else None, "encoding": file.encoding,
        "delimiter": file.delimiter, "given": dict(given or {}), "for": _name_of(principal),
    }  # fmt: skip
    with _alone(f"{kind} {source} {file.digest}", patience):
        load = Load(
            kind=kind, source=source, name=path.name[:200], digest=file.digest, size=file.size, by=by, started_at=at,
            options=options, dry_run=dry_run, done=file.body, lines=1,
        )  # fmt: skip
        load = (None if dry_run or known.whole else _cut_short(load, path)) or load
        load.save()
        intake = Intake(source, load.started_at, principal, load)
        with _told_if_it_fails(load):
            out_of_ring(  # rows of another kind may lock the same customers; we go on where we were
                lambda: _Run(known, file, layout, load, intake, progress, fast=fast, stretch=stretch).go(),
                before_again=load.refresh_from_db,
            )
        if sum(load.counts.get(name, 0) for name in ("created", "updated")) >= MANY and not dry_run:
            learn_sizes()
    return load


def _name_of(principal: Principal) -> str | None:
    return None if principal is None else f"{type(principal).__name__} {principal.pk}"


@contextmanager
def _alone(what: str, patience: float) -> Iterator[None]:
    """One process a file. The lock goes with the session of a process that died, which may take its last statement to
    be noticed."""
    tried = time.monotonic()
    while not _locked(what):
        if time.monotonic() - tried > patience:
            raise Unreadable("This file is being loaded already.")
        time.sleep(0.2)
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [what])


def _locked(what: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SET client_connection_check_interval = '1s'")
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [what])
        return bool(cursor.fetchone()[0])


def _cut_short(load: Load, path: Path) -> Load | None:
    """The load of the same file that did not come to its end, if there is one."""
    alike = Load.objects.filter(
        kind=load.kind, source=load.source, digest=load.digest, dry_run=False, finished_at=None, size=load.size
    )
    for found in alike.order_by("-started_at"):
        if {**found.options, **UNTOLD} == {**load.options, **UNTOLD}:
            found.failure, place = "", reject_file_of(path, load.kind)
            if not RejectFile.holds(place, *map(found.options.get, UNTOLD)):  # taken away, or another load's: once more
                found.done, found.lines, found.counts, found.options = load.done, load.lines, {}, load.options
            return found
    return None


@contextmanager
def _told_if_it_fails(load: Load) -> Iterator[None]:
    """What was refused is over; what broke can be taken up again."""
    try:
        yield
    except (Refused, Unreadable) as problem:
        load.failure, load.finished_at = str(problem), timezone.now()
        load.save(update_fields=["failure", "finished_at"])
        raise
    except Exception as error:
        with suppress(DatabaseError):
            Load.objects.filter(pk=load.pk).update(failure=BROKEN_OFF.format(type(error).__name__))
        raise


@dataclass
class _Run:
    """One pass through one file."""

    kind: LoadKind
    file: Source
    layout: Layout
    load: Load
    intake: Intake
    progress: Progress
    fast: bool = True
    stretch: int | None = None
    lane: Lane | None = None

    def __post_init__(self) -> None:
        place = reject_file_of(self.file.path, self.kind.name, dry_run=self.load.dry_run)
        size, checksum = (self.load.options.get(name) or 0 for name in UNTOLD)
        self.rejects = RejectFile(place, self.file.names, size=size, checksum=checksum)
        self.counts = Counter(self.load.counts)

    def go(self) -> None:
        self.as_one() if self.load.dry_run or self.kind.whole else self.by_stretches()

    def by_stretches(self) -> None:
        """Each stretch is a transaction, with the load's progress in it."""
        with self._fast_lane():
            for stretch in self._stretches():
                with transaction.atomic():
                    self._take_turns()
                    self._take(stretch)
                del stretch  # or it is held while the next is read
                self.progress(self.load)
        with transaction.atomic():
            self._finish()

    def as_one(self) -> None:
        """All in one transaction; of a dry run nothing stays but its counts."""
        with transaction.atomic():
            if not self.kind.whole:  # such a kind has its own way to keep others out
                self._take_turns()
            with self._fast_lane():
                for stretch in self._stretches():
                    self._take(stretch)
                    del stretch
                    self.progress(self.load)
            self._finish()
            transaction.set_rollback(self.load.dry_run)
        if self.load.dry_run:
            self.load.save()

    def _take_turns(self) -> None:
        """With whoever else writes rows of this kind and source."""
        whole(rows_of(self.kind.name, self.intake.source))

    @contextmanager
    def _fast_lane(self) -> Iterator[None]:
        """If the kind has one, and it suits the columns of the file."""
        lane = self.kind.fast if self.fast else None
        if lane is None or not lane.suits(self.layout):
            yield
            return
        self.lane = lane(self.file, self.layout, self.intake)
        with self.lane.open():
            yield

    def _stretches(self) -> Iterator[Stretch]:
        size = LONG_STRETCH if self.kind.at_once else FAST_STRETCH if self.lane else STRETCH
        return stretches_of(self.file, start=self.load.done, line=self.load.lines + 1, size=self.stretch or size)

    def _take(self, stretch: Stretch) -> None:
        before = Counter(self.counts)
        records = self._take_fast(self.lane, stretch) if self.lane else list(records_of(stretch, self.file))
        size = len(records) if self.kind.at_once else BATCH
        refused: list[tuple[Record, str]] = []
        for first in range(0, len(records), max(1, size)):
            refused += self._judge(records[first : first + size])
        self.rejects.add(refused)
        self._count_in(self.counts - before)
        self.load.done, self.load.lines = stretch.end, stretch.after - 1
        self.load.counts = self._told()
        self.load.options |= {"rejects": self.rejects.size, "rejects_checksum": self.rejects.checksum}
        self.load.save(update_fields=["done", "lines", "counts", "options", "failure"])

    def _count_in(self, came: Counter[str]) -> None:
        """What the stretch brought, for the feed."""
        count_in(
            kind=self.kind.name, source=self.intake.source, at=self.intake.at, received=came["received"],
            rejected=came["rejected"],
        )  # fmt: skip

    def _take_fast(self, lane: Lane, stretch: Stretch) -> list[Record]:
        """Have written what is surely fine; returns the others."""
        counts, records = lane.take(stretch)
        self.counts += counts
        if counts["created"] and self.kind.rows.nudge:
            enqueue(self.kind.rows.nudge)
        return records

    def _judge(self, records: Sequence[Record]) -> list[tuple[Record, str]]:
        """Take in a batch of rows; returns those that cannot be, and why."""
        whole = [record for record in records if not record.problem]
        refused = [(record, record.problem) for record in records if record.problem]
        self.counts.update(received=len(refused), rejected=len(refused))
        if whole:
            items = self.kind.items([self.layout.cells(record.cells) for record in whole])
            arrivals = self.kind.rows.take(items, self.intake)
            self.counts += counts_of(arrivals, self.kind.name, self.intake)
            found = zip(whole, items, arrivals, strict=True)
            refused += [(record, self._why(arrival, item)) for record, item, arrival in found if arrival.errors]
        return refused

    def _why(self, arrival: Arrival, item: Item) -> str:
        """In the names of our fields and, where they are called otherwise, of the file's columns."""
        columns = {name: self.file.names[place] for name, place in self.layout.places.items()}
        told = []
        for error in arrival.errors:
            field = self.kind.column(error["field"] or "", item)
            column = columns.get(field, field)
            called = f'{field} (column "{column}")' if column != field else field
            message = OF_CELLS.get(error["message"], error["message"])
            told.append(f"{called}: {message}" if field else message)
        return " ".join(dict.fromkeys(told))  # one cell may fill several fields

    def _told(self) -> dict[str, int]:
        return {name: self.counts[name] for name in COUNTS} | dict(self.counts)

    def _finish(self) -> None:
        self.load.counts = self._told()
        self.kind.settle(self.load)
        self.load.done, self.load.finished_at = self.file.size, timezone.now()
        self.load.save()
        Event.objects.record(
            "load.finished", subject=self.load, by=self.load.by, at=self.intake.at, kind=self.load.kind,
            **self.load.counts,
        )  # fmt: skip
