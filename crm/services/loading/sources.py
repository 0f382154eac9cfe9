"""A file as a whole: whether it can be read at all, how its columns are called and parted, where its rows begin."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from common.csv_files import DELIMITERS, LONGEST_LINE, MOST_COLUMNS, Unreadable

BLOCK = 1 << 20
BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
MOST_EXPANSION = 200  # times its size a compressed file may have; lists of customers come to 5 to 20
FEW = 0.05  # of the first lines; more that are not in the encoding mean that the file is in another


@dataclass(frozen=True)
class Source:
    """A CSV file that can be read. `size`: bytes, unpacked; `body`: where the first row begins."""

    path: Path
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    digest: str
    size: int
    body: int

    def open(self) -> IO[bytes]:
        return open_bytes(self.path)


def open_bytes(path: Path) -> IO[bytes]:
    packed = path.suffix == ".gz"
    try:
        return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be opened: {error.strerror}.") from error


def look_at(path: Path, *, encoding: str = "utf-8", delimiter: str | None = None) -> Source:
    """Read the file through once. Raises Unreadable, with a sentence for people, if it cannot be taken."""
    encoding = _known(encoding)
    with open_bytes(path) as file:
        try:
            digest, size, first = _read_through(file, path)
        except (OSError, EOFError) as error:
            raise Unreadable(f"{path.name} cannot be read: {error}.") from error
    header, newline, _ = first.partition(b"\n")
    _check_encoding(first, encoding, path.name)
    names, chosen = _header(header.removeprefix(codecs.BOM_UTF8), encoding, delimiter, path.name)
    return Source(path, encoding, chosen, tuple(names), digest, size, len(header) + len(newline))


def _known(encoding: str) -> str:
    """The encoding by its usual name; one whose letters a to z are not those of ASCII cannot be cut at line ends."""
    try:
        name = codecs.lookup(encoding).name
        plain = bytes(range(128)).decode(name) == "".join(map(chr, range(128)))
    except (LookupError, UnicodeError):
        plain = False
    if not plain:
        raise Unreadable(f"Files in {encoding!r} cannot be read; save it as utf-8, or name latin-1 or cp1252.")
    return name


def _read_through(file: IO[bytes], path: Path) -> tuple[str, int, bytes]:
    """sha256, bytes, and the first block; refuses what has no lines."""
    found, size, first, since, packed = hashlib.sha256(), 0, b"", 0, path.suffix == ".gz"
    most = path.stat().st_size * MOST_EXPANSION + BLOCK
    while block := file.read(BLOCK):
        first = first or block
        found.update(block)
        size += len(block)
        since = since + len(block) if b"\n" not in block else len(block) - block.rindex(b"\n")
        if since > LONGEST_LINE:
            raise Unreadable(f"{path.name} has a line longer than {LONGEST_LINE:,} characters: this is no CSV file.")
        if packed and size > most:
            raise Unreadable(f"{path.name} unpacks to more than {MOST_EXPANSION} times its size: this is no CSV file.")
    if not size:
        raise Unreadable(f"{path.name} is empty.")
    return found.hexdigest(), size, first


def _check_encoding(first: bytes, encoding: str, name: str) -> None:
    """Single lines in another encoding are rejected one by one; if many are, the file was meant otherwise."""
    for mark, other in BOMS.items():
        if first.startswith(mark):
            raise Unreadable(f"{name} is {other}; save it as utf-8.")
    lines = first.split(b"\n")[:-1] or [first]
    odd = sum(not _decodes(line, encoding) for line in lines if not line.isascii())
    if odd > max(3, FEW * len(lines)):
        raise Unreadable(f"{name} is not {encoding}. Say which encoding it has, such as cp1252.")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _header(line: bytes, encoding: str, delimiter: str | None, name: str) -> tuple[list[str], str]:
    if not _decodes(line, encoding):
        raise Unreadable(f"The header of {name} is not {encoding}.")
    text = line.decode(encoding).removesuffix("\r")
    chosen = delimiter or max(DELIMITERS, key=text.count)
    if text.count(chosen) >= MOST_COLUMNS:
        raise Unreadable(f"{name} has more than {MOST_COLUMNS:,} columns.")
    try:
        names = [cell.strip() for cell in next(csv.reader([text], delimiter=chosen, strict=True), [])]
    except csv.Error as error:
        raise Unreadable(f"The header of {name} cannot be read: {error}.") from error
    if not any(names):
        raise Unreadable(f"{name} has no header: its first line must name the columns.")
    if twice := sorted(cell for cell, times in Counter(names).items() if times > 1):
        raise Unreadable(f"{name} has several columns named {', '.join(map(repr, twice))}.")
    return names, chosen
