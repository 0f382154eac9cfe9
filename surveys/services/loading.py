"""Loading a file of answers collected elsewhere. Every line is accounted for: read = created + unchanged + rejected."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from common.csv_files import Line, Unreadable, digest_of, header_of, lines_of
from common.exports import csv_lines
from common.models import Event, Load, User
from common.text import clean, clean_line
from crm.models import OrgUnit
from crm.services.loading import reject_file_of
from surveys.collected import BadLine, Collected, Scale, attributes, moment, noon_of
from surveys.models import Program
from surveys.models.public_links import is_reserved
from surveys.services.collecting import CONFLICT, store_collected
from surveys.services.collecting_further import FurtherColumns, further_of, taken_under

BATCH = 1000
FIELDS = ("score", "date", "comment", "unit", "channel")
CHANNEL_LENGTH, ID_LENGTH = 20, 120
CONFLICTING = "this id is already stored with another answer"


@dataclass(frozen=True)
class Options:
    """How a file is to be understood. `columns`: {field or attribute: column}; `answers`: {code of a further question:
    column}; `unit`, `channel` and `on` are for files that have no such column."""

    source: str
    columns: Mapping[str, str]
    answers: Mapping[str, str] = field(default_factory=dict)
    scale: Scale = field(default_factory=Scale)
    unit: OrgUnit | None = None
    channel: str = ""
    on: date | None = None
    date_layout: str | None = None
    id_column: str | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None


def load_responses(
    *,
    path: Path,
    program: Program,
    options: Options,
    at: datetime,
    by: User | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Load:
    """Take a file in, a batch a transaction; the same file again changes nothing. Returns the finished Load.

    Lines that cannot be taken go to FILE.responses.reject.csv with their number and the reason. Raises Unreadable, with
    nothing stored, if the file as a whole cannot be understood.
    """
    digest, names, delimiter = check_file(path=path, options=options)
    further = further_of(program, options.answers)
    load = Load.objects.create(
        kind="responses", source=options.source, name=path.name[:200], digest=digest, by=by, started_at=at,
        options=_as_json(program, options),
    )  # fmt: skip
    lines = lines_of(path, options.encoding, delimiter)
    try:
        counts = _Loading(path, names, program, options, load, at, further).run(lines, progress)
    except Exception as error:
        Load.objects.filter(pk=load.pk).update(failure=f"{type(error).__name__}: {error}", finished_at=timezone.now())
        raise
    _finish(load, counts, at, by)
    return load


def check_file(*, path: Path, options: Options) -> tuple[str, list[str], str]:
    """Digest, columns and delimiter of a file that can be taken; raises Unreadable otherwise."""
    digest = digest_of(path, options.encoding)
    names, delimiter = header_of(path, options.encoding, options.delimiter)
    _check(names, options)
    return digest, names, delimiter


@transaction.atomic
def _finish(load: Load, counts: Counter[str], at: datetime, by: User | None) -> None:
    load.counts = {name: counts[name] for name in ("received", "created", "unchanged", "rejected")}
    load.finished_at = timezone.now()
    load.save(update_fields=["counts", "finished_at"])
    Event.objects.record("load.finished", subject=load, by=by, at=at, kind=load.kind, **load.counts)


def _check(names: list[str], options: Options) -> None:
    """Whether the columns that the options name are there, and nothing is left open that every answer needs."""
    if is_reserved(options.source):
        raise Unreadable(f"The source {options.source!r} is reserved for public links: --source OTHER.")
    wanted = {*options.columns.values(), *options.answers.values(), *filter(None, [options.id_column])}
    if missing := sorted(wanted - set(names)):
        raise Unreadable(f"No column {', '.join(map(repr, missing))}; there are {', '.join(map(repr, names))}.")
    needs = (
        ("score" in options.columns, "Say which column holds the score: --map score=COLUMN."),
        ("date" in options.columns or options.on, "Say when: --map date=COLUMN, or --on DAY for the whole file."),
        ("unit" in options.columns or options.unit, "Say where: --map unit=COLUMN, or --unit ID for the whole file."),
        ("channel" in options.columns or options.channel, "Say how: --map channel=COLUMN, or --channel NAME."),
    )
    for given, question in needs:
        if not given:
            raise Unreadable(question)


def _as_json(program: Program, options: Options) -> dict[str, Any]:
    return {
        "program": program.code,
        "columns": dict(options.columns),
        "answers": dict(options.answers),
        "scale": [options.scale.low, options.scale.high],
        "unit": options.unit.external_id if options.unit else None,
        "channel": options.channel,
        "on": options.on.isoformat() if options.on else None,
        "id": options.id_column,
        "encoding": options.encoding,
    }


@dataclass
class _Loading:
    """One pass through one file."""

    path: Path
    names: list[str]
    program: Program
    options: Options
    load: Load
    at: datetime
    further: FurtherColumns | None
    units: dict[str, OrgUnit | None] = field(default_factory=dict)

    def run(self, lines: Iterator[Line], progress: Callable[[int], None]) -> Counter[str]:
        counts: Counter[str] = Counter()
        place = reject_file_of(self.path, self.load.kind)
        place.unlink(missing_ok=True)
        with connection.cursor() as cursor:
            cursor.execute(_SEEN)
        while batch := list(islice(lines, BATCH)):
            rejects = self._batch(batch, counts)
            if rejects:
                self._write(place, rejects)
            counts["received"] += len(batch)
            counts["rejected"] += len(rejects)
            progress(counts["received"])
        return counts

    def _batch(self, batch: list[Line], counts: Counter[str]) -> list[tuple[Line, str]]:
        items, extras, taken, rejects = [], [], [], []
        with transaction.atomic():
            ids = self._ids(batch)
            before = taken_under(self.options.source, ids) if self.further else {}
            for line, own_id in zip(batch, ids, strict=True):
                try:
                    item = self._read(line, own_id)
                    extras.append(self._further(line, item, before.get(own_id)))
                    items.append(item)
                    taken.append(line)
                except BadLine as problem:
                    rejects.append((line, str(problem)))
            statuses = store_collected(
                items, program=self.program, source=self.options.source, scale=self.options.scale, at=self.at,
                load=self.load, extras=extras,
            )  # fmt: skip
        rejects += [(line, CONFLICTING) for line, status in zip(taken, statuses, strict=True) if status == CONFLICT]
        counts.update(status for status in statuses if status != CONFLICT)
        return sorted(rejects)

    def _ids(self, batch: list[Line]) -> list[str]:
        """The id column, else the hash of the line's content and how often it has occurred so far in the file."""
        if self.options.id_column is not None:
            place = self.names.index(self.options.id_column)
            return ["" if line.problem else clean_line(line.cells[place], limit=ID_LENGTH + 1) for line in batch]
        digests = [hashlib.sha256("\x1f".join(line.cells).encode("utf-8", "replace")).digest() for line in batch]
        times = Counter(digests)
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [list(times), list(times.values())])
            before = {bytes(key): number for key, number in cursor.fetchall()}
        found = []
        for key in digests:
            before[key] += 1
            found.append(f"{key.hex()[:48]}.{before[key]}")
        return found

    def _read(self, line: Line, own_id: str) -> Collected:
        if line.problem:
            raise BadLine(line.problem)
        if not own_id or len(own_id) > ID_LENGTH:
            raise BadLine("no id" if not own_id else f"the id is longer than {ID_LENGTH} characters")
        cells = dict(zip(self.names, line.cells, strict=True))
        given = {name: cells[column] for name, column in self.options.columns.items()}
        comment = clean(given.get("comment", ""))
        unit = self._unit(given)
        extra = {name: clean(cell, limit=500).text for name, cell in given.items() if name not in FIELDS}
        return Collected(
            external_id=own_id, score=self.options.scale.score(given["score"]), answered_at=self._when(given, unit),
            unit_id=unit.pk, channel=self._channel(given), comment=comment.text, truncated=comment.truncated,
            attributes=attributes(extra),
        )  # fmt: skip

    def _further(self, line: Line, item: Collected, under: int | None) -> dict[str, Any]:
        if self.further is None:
            return {}
        cells = dict(zip(self.names, line.cells, strict=True))
        return self.further.row(cells, score=item.score, scale=self.options.scale, under=under)

    def _when(self, given: Mapping[str, str], unit: OrgUnit) -> datetime:
        if "date" in given:
            return moment(given["date"], zone=unit.zone_info, now=self.at, layout=self.options.date_layout)
        return noon_of(self.options.on or self.at.date(), unit.zone_info)

    def _channel(self, given: Mapping[str, str]) -> str:
        channel = clean_line(given.get("channel", ""), limit=CHANNEL_LENGTH + 1) or self.options.channel
        if not channel or len(channel) > CHANNEL_LENGTH:
            raise BadLine("no channel" if not channel else f"the channel is longer than {CHANNEL_LENGTH} characters")
        return channel

    def _unit(self, given: Mapping[str, str]) -> OrgUnit:
        name = clean_line(given.get("unit", ""), limit=ID_LENGTH)
        if not name and self.options.unit is not None:
            return self.options.unit
        if name not in self.units:
            found = list(OrgUnit.objects.filter(external_id=name)[:2])
            self.units[name] = found[0] if len(found) == 1 else None
        unit = self.units[name]
        if unit is None:
            raise BadLine(f"unit {name[:60]!r} is unknown" if name else "no unit")
        return unit

    def _write(self, place: Path, rejects: list[tuple[Line, str]]) -> None:
        """Add to the reject file; cells that a spreadsheet would run are disarmed."""
        header, *rows = csv_lines(
            ["line", "reason", *self.names], ([line.number, why, *line.cells] for line, why in rejects)
        )
        new = not place.exists()
        with place.open("a", encoding="utf-8", newline="") as file:
            file.writelines([header, *rows] if new else rows)


_SEEN = """
CREATE TEMPORARY TABLE IF NOT EXISTS load_seen (digest bytea PRIMARY KEY, times integer NOT NULL);
TRUNCATE load_seen
"""
# counts the lines of a batch in and returns how often each had occurred before
_COUNT = """
WITH batch AS (SELECT * FROM unnest(%s::bytea[], %s::integer[]) AS b (digest, times)),
counted AS (
    INSERT INTO load_seen AS s SELECT digest, times FROM batch
    ON CONFLICT (digest) DO UPDATE SET times = s.times + excluded.times
    RETURNING digest, times
)
SELECT c.digest, c.times - b.times FROM counted c JOIN batch b USING (digest)
"""
