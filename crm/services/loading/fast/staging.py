"""The cells of one stretch of a file in a temporary table, as they came, each row with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

import psycopg
from django.db import connection, transaction

from common.csv_files import DELIMITERS
from crm.services.loading.fast.text import Traits, traits_of
from crm.services.loading.records import Record, Stretch, records_of
from crm.services.loading.sources import Source

# stands for no value at all, so that an empty cell is empty text; a cell that holds it is not surely fine
_NOTHING = "\x01nothing\x01"
_BLOCK = 1 << 18


class Staging:
    """`load_rows (line, c0, c1 ...)`, text; lives for one run."""

    def __init__(self, file: Source) -> None:
        self.file = file
        self.columns = [f"c{number}" for number in range(len(file.names))]

    def create(self) -> None:
        self.drop()
        cells = ", ".join(f"{name} text" for name in self.columns)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY SEQUENCE load_line CACHE 1000")
            cursor.execute(
                f"CREATE TEMPORARY TABLE load_rows (line bigint DEFAULT nextval('pg_temp.load_line'), {cells})"
            )

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.load_rows")
            cursor.execute("DROP SEQUENCE IF EXISTS pg_temp.load_line")

    def fill(self, stretch: Stretch) -> tuple[Traits, list[Record]]:
        """Put the rows of the stretch into the table; returns those that are no rows, or cannot stand in a table."""
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE pg_temp.load_rows")
        traits = traits_of(stretch.raw, self.file.delimiter, self.file.encoding)
        if self._is_simple(stretch.raw) and self._copied(stretch):
            return traits, []
        broken: list[Record] = []
        self._copy_rows(self._whole(records_of(stretch, self.file), broken))
        return traits, broken

    def _is_simple(self, raw: bytes) -> bool:
        """Does each line stand for a row, and would PostgreSQL read it as we do?"""
        ends = raw.count(b"\r")
        return (
            b'"' not in raw
            and len(self.columns) > 1  # or an empty line were a row
            and self.file.delimiter in DELIMITERS
            and (self.file.encoding == "utf-8" or raw.isascii())
            and (not ends or (ends == raw.count(b"\r\n") == raw.count(b"\n")))
            and b"\\." not in raw  # alone in a line it would end the data
            and b"\0" not in raw
            and b"\x01" not in raw
        )

    def _copied(self, stretch: Stretch) -> bool:
        """Hand the bytes over as they are; False if PostgreSQL refuses one of the lines."""
        options = f"FORMAT csv, DELIMITER '{self.file.delimiter}', NULL '{_NOTHING}', ENCODING 'UTF8'"
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT setval('pg_temp.load_line', %s, false)", [stretch.line])
                with cursor.copy(f"COPY load_rows ({', '.join(self.columns)}) FROM STDIN ({options})") as copy:
                    for start in range(0, len(stretch.raw), _BLOCK):
                        copy.write(stretch.raw[start : start + _BLOCK])
        except psycopg.DataError:
            return False
        return True

    def _whole(self, records: Iterable[Record], broken: list[Record]) -> Iterator[Record]:
        for record in records:
            if record.problem or any("\0" in cell for cell in record.cells):
                broken.append(record)
            else:
                yield record

    def _copy_rows(self, records: Iterable[Record]) -> None:
        statement = f"COPY load_rows FROM STDIN (FORMAT csv, NULL '{_NOTHING}', ENCODING 'UTF8')"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            buffer = io.StringIO(newline="")
            csv.writer(buffer, lineterminator="\n").writerows([record.line, *record.cells] for record in records)
            copy.write(buffer.getvalue().encode())

    def records(self, lines: list[int]) -> list[Record]:
        """Rows by their lines, as they came."""
        if not lines:
            return []
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM load_rows WHERE line = ANY(%s) ORDER BY line", [lines])
            return [Record(line, [cell or "" for cell in cells]) for line, *cells in cursor.fetchall()]
