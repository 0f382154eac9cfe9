"""Storing what came back, before anything is done with it. The same mail again is the same row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from common.queue import enqueue
from common.text import clean_line
from surveys.channels.providers import mails, notices
from surveys.inbound.letters import header, opened
from surveys.models import InboundMail

HEAR = "surveys.tasks.hear_mail"


def receive_mail(*, raw: bytes, source: str, at: datetime, recipient: str = "", size: int | None = None) -> bool:
    """Store a mail, the first settings.INBOUND_MAX_BYTES of it; False if it is known. `recipient`: whom the envelope
    named. `size`: of the whole, where `raw` is only its beginning."""
    kept = raw[: settings.INBOUND_MAX_BYTES]
    name = clean_line(header(opened(kept[:65_536]), "Message-ID"), limit=400)
    recipient = clean_line(recipient, limit=254).lower()
    key = _key("mail", name or hashlib.sha256(kept).hexdigest(), recipient)
    row = InboundMail(
        key=key, source=source, recipient=recipient, raw=kept, size=len(raw) if size is None else size,
        received_at=at, due_at=at,
    )  # fmt: skip
    return _store([row]) == 1


@transaction.atomic
def receive_events(*, events: list[Any], source: str, at: datetime) -> None:
    """Store what a provider says and the mails that it passes on, all or nothing (`channels.providers.read`)."""
    receive_notices(notices=notices(events), source=source, at=at)
    for mail in mails(events):
        receive_mail(raw=mail.raw, recipient=mail.recipient, source=source, at=at)


def receive_notices(*, notices: Iterable[dict[str, Any]], source: str, at: datetime) -> int:
    """Store what a provider says about messages of ours (`channels.providers`), already verified; how many are new."""
    rows = []
    for notice in notices:
        raw = json.dumps(notice, sort_keys=True).encode()
        key = _key(source, *_names_of(notice))
        form = InboundMail.Form.NOTICE
        rows.append(InboundMail(key=key, source=source, form=form, raw=raw, size=len(raw), received_at=at, due_at=at))
    return _store(rows)


def _names_of(notice: dict[str, Any]) -> list[str]:
    """What makes a notice the same as another: the number that is used once, else the provider's id, else all of it."""
    if notice["once"]:
        return ["once", notice["once"]]
    fields = ("id", "what", "message", "recipient") if notice["id"] else sorted(notice)
    return [str(notice[field]) for field in fields]


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _store(rows: list[InboundMail]) -> int:
    """The new ones of `rows`; known ones stay as they are."""
    keys = [row.key for row in rows]
    before = InboundMail.objects.filter(key__in=keys).count()
    InboundMail.objects.bulk_create(rows, ignore_conflicts=True)
    new = InboundMail.objects.filter(key__in=keys).count() - before
    if new:
        enqueue(HEAR)
    return new
