"""Trying and loading uploaded files, one at a time, whoever asks how often.

The row says what is wanted; whoever does it holds a lock of the database session, which ends with the session. So a
task that is delivered twice finds the file in hand and leaves it, and what a killed worker left is taken up by the next
minute's sweep: `load_file` goes on where it was.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from common.claims import place_of
from common.models import Event, Load, User
from common.queue import enqueue
from crm.models import Feed, Upload
from crm.services.loading import Refused, Unreadable, kind_named, load_file
from crm.services.loading.readings import Said
from crm.services.uploads.questions import given_by

log = logging.getLogger(__name__)
TASK = "crm.tasks.carry_out_uploads"
LONGEST = 6 * 3600  # seconds, of one file
MOST_TRIES = 5  # without getting any further
LOCK = "crm.uploads"


@transaction.atomic
def ask(
    *,
    upload: Upload,
    wanted: str,
    columns: Mapping[str, Said],
    encoding: str,
    answers: dict[str, Any] | None = None,
    by: User | None,
    at: datetime,
) -> bool:
    """Have the file tried or loaded with this mapping; False if it is in hand, has been loaded, or is gone. The mapping
    of a load is kept for the feed's next file."""
    asked = Upload.objects.open().filter(pk=upload.pk).update(
        wanted=wanted, wanted_at=at, columns=dict(columns), encoding=encoding, answers=answers or {}, tries=0,
        done_at=None, failure="",
    )  # fmt: skip
    if not asked:
        return False
    if wanted == Upload.Wanted.LOAD:
        feed, _ = Feed.objects.get_or_create(source=upload.source, kind=upload.kind, defaults={"began_at": at})
        feed.columns = dict(columns)
        feed.save(update_fields=["columns"])
    Event.objects.record("upload.asked", subject=upload, by=by, at=at, wanted=wanted)
    enqueue(TASK, timeout=LONGEST)
    return True


def carry_out(*, at: datetime) -> int:
    """Do what is wanted of the files, the longest waiting first; how many were done. Nothing if somebody is at it."""
    done = 0
    with _alone() as mine:
        while mine and (upload := _next()) and _carry_out(upload, at):
            done += 1
    return done


def remind() -> None:
    """Ask for a worker if a file waits that nobody has in hand."""
    with _alone() as mine:
        if mine and Upload.objects.wanted().exists():
            enqueue(TASK, timeout=LONGEST)


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [LOCK])


def _next() -> Upload | None:
    """The file to do now, its try counted before the work: one that kills its worker is not tried for ever."""
    for upload in Upload.objects.wanted().order_by("wanted_at"):
        if upload.tries < MOST_TRIES:
            Upload.objects.filter(pk=upload.pk).update(tries=F("tries") + 1)
            return upload
        _done(upload, failure=f"Given up after {MOST_TRIES} tries that got no further. The log says more.")
    return None


def _carry_out(upload: Upload, at: datetime) -> bool:
    """False if something broke: then the next minute tries again."""
    trying = upload.wanted == Upload.Wanted.TRY
    path = upload.first_lines if trying else upload.path
    answers = upload.answers if upload.whole or not trying else {}  # totals are about all of the file
    try:
        load = load_file(
            kind=upload.kind, path=path, source=upload.source.code, columns=upload.columns, at=at, by=upload.by,
            dry_run=trying, encoding=upload.encoding, given=given_by(kind_named(upload.kind), answers, path),
            progress=lambda load: _progress(upload, load),
        )  # fmt: skip
    except (Unreadable, Refused) as problem:
        _done(upload, failure=str(problem))
    except Exception as error:
        log.exception("a file could not be loaded", extra={"upload": upload.pk})
        if upload.tries + 1 >= MOST_TRIES:
            _done(upload, failure=f"It could not be loaded: {place_of(error)}.")
        return False
    else:
        Upload.objects.filter(pk=upload.pk).update(**{"trial" if trying else "load": load})
        _done(upload)
    return True


def _progress(upload: Upload, load: Load) -> None:
    """Each stretch that is in is a step further. (Of a try nothing can be seen before its end: it is undone.)"""
    if not load.dry_run:
        Upload.objects.filter(pk=upload.pk).update(load=load, tries=0)


def _done(upload: Upload, *, failure: str = "") -> None:
    Upload.objects.filter(pk=upload.pk).update(done_at=timezone.now(), failure=failure)
