"""A file arrives: it is put away where no web server looks, and its first lines beside it."""

from __future__ import annotations

import gzip
import shutil
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from common.csv_files import Unreadable
from common.models import Event, User
from common.text import clean_line
from crm.models import Source, Upload
from crm.services.loading.sources import open_bytes

FIRST_LINES = 20_000
FIRST_BYTES = 8 << 20
NAME_LENGTH = 120


@transaction.atomic
def receive(*, file: UploadedFile[Any], source: Source, kind: str, by: User | None, at: datetime) -> Upload:
    """Keep the uploaded `file`, which lies on disk already, under a name of its own."""
    upload = Upload.objects.create(
        source=source, kind=kind, name=_safe_name(file.name or ""), size=file.size or 0, by=by, at=at
    )
    upload.first_lines.parent.mkdir(parents=True, mode=0o700)
    try:
        _put_away(file, upload.path)
        upload.whole = cut(upload.path, upload.first_lines)
    except Exception:
        shutil.rmtree(upload.folder, ignore_errors=True)
        raise
    upload.save(update_fields=["whole"])
    Event.objects.record("upload.received", subject=upload, by=by, at=at, kind=kind, bytes=upload.size)
    return upload


def source_named(code: str, *, by: User | None, at: datetime) -> Source:
    """The system with this code, made if nobody knows it yet."""
    source, made = Source.objects.get_or_create(code=code, defaults={"name": code, "created_at": at})
    if made:
        Event.objects.record("source.described", subject=source, by=by, at=at)
    return source


def _put_away(file: UploadedFile[Any], place: Path) -> None:
    temporary = getattr(file, "temporary_file_path", None)
    if temporary is None:
        with place.open("wb") as kept:
            for chunk in file.chunks():
                kept.write(chunk)
    else:
        shutil.move(temporary(), place)
    place.chmod(0o600)


def _safe_name(name: str) -> str:
    """The name as people know it, without anything that a path, a header or a terminal could take for an order."""
    text = clean_line(Path(name.replace("\\", "/")).name, limit=400)
    safe = "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in text).strip(". ")
    packed = safe.endswith(".gz")
    stem = safe.removesuffix(".gz").removesuffix(".csv")[:NAME_LENGTH]
    return f"{stem or 'file'}.csv{'.gz' if packed else ''}"


def cut(path: Path, place: Path) -> bool:
    """Copy the first lines of a file, up to where a row ends; whether they are all of it. Raises Unreadable if it
    cannot be opened."""
    try:
        with open_bytes(path) as file, _writer(place) as first:
            return _copy(file, first)
    except (OSError, EOFError) as error:  # not what its name says
        raise Unreadable(f"{path.name} cannot be read: {error}.") from error


def _writer(place: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(place, "wb", compresslevel=1)) if place.suffix == ".gz" else place.open("wb")


def _copy(file: IO[bytes], first: IO[bytes]) -> bool:
    taken, quotes, row = 0, 0, b""
    for _ in range(FIRST_LINES):
        line = file.readline(FIRST_BYTES)
        taken += len(line)
        if taken > FIRST_BYTES:
            return False
        row += line
        quotes += line.count(b'"')
        if not line or quotes % 2 == 0:
            first.write(row)
            row = b""
        if not line:
            return True
    whole = not file.read(1)
    first.write(row if whole else b"")
    return whole
