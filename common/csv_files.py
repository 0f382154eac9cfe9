"""Reading a CSV file of any size line by line, refusing early what cannot be read at all."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

CHUNK = 1 << 20
LONGEST_LINE = 1 << 20  # characters; a line break inside quotes starts a new one
MOST_COLUMNS = 1000
DELIMITERS = (",", ";", "\t", "|")


class Unreadable(Exception):
    """Why a file cannot be taken; nothing of it has been stored."""


class Line(NamedTuple):
    number: int  # in the file, from 1
    cells: list[str]
    problem: str = ""


def digest_of(path: Path, encoding: str) -> str:
    """sha256 of the file; raises Unreadable if it is missing, empty, or not in `encoding` from beginning to end."""
    found, done = hashlib.sha256(), 0
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError as error:
        raise Unreadable(f"There is no encoding {encoding!r}; try utf-8, latin-1, cp1252 or utf-16.") from error
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
                decoder.decode(chunk)
                done += len(chunk)
            decoder.decode(b"", final=True)
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be opened: {error.strerror}.") from error
    except UnicodeError as error:
        raise Unreadable(
            f"{path.name} is not {encoding}: it cannot be read near byte {done:,}."
            " Say which encoding it has, such as cp1252."
        ) from error
    if not done:
        raise Unreadable(f"{path.name} is empty.")
    return found.hexdigest()


def header_of(path: Path, encoding: str, delimiter: str | None) -> tuple[list[str], str]:
    """Names of the columns and the delimiter; raises Unreadable if they cannot be read, are too many, or two columns
    have one name."""
    with _open(path, encoding) as file:
        first = next(_bounded(file), "")
    chosen = delimiter or max(DELIMITERS, key=first.count)
    if first.count(chosen) >= MOST_COLUMNS:
        raise Unreadable(f"{path.name} has more than {MOST_COLUMNS:,} columns.")
    try:
        names = [name.strip() for name in next(csv.reader([first], delimiter=chosen), [])]
    except csv.Error as error:
        raise Unreadable(f"The header of {path.name} cannot be read: {error}.") from error
    if not any(names):
        raise Unreadable(f"{path.name} has no header: its first line must name the columns.")
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise Unreadable(f"{path.name} has several columns named {', '.join(map(repr, twice))}.")
    return names, chosen


def lines_of(path: Path, encoding: str, delimiter: str) -> Iterator[Line]:
    """Every line after the header with its cells; blank lines are passed over, memory stays flat."""
    with _open(path, encoding) as file:
        reader = csv.reader(_bounded(file), delimiter=delimiter)
        width = len(next(reader))
        while True:
            start = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Line(start, [], f"cannot be read: {error}")
                continue
            if cells:
                wrong = f"{len(cells)} columns where the header has {width}" if len(cells) != width else ""
                yield Line(start, cells, wrong)


def _open(path: Path, encoding: str) -> TextIO:
    bom = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig"}  # a byte order mark is no part of the first column's name
    return path.open(encoding=bom.get(encoding.lower(), encoding), newline="")


def _bounded(file: TextIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise Unreadable(f"Line {number:,} is longer than {LONGEST_LINE:,} characters: this is no CSV file.")
        yield line
