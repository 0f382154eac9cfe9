"""Storing what came back, before anything is done with it. The same mail again is the same row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from common.queue import enqueue
from common.text import clean_line
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


def receive_notices(*, notices: Iterable[dict[str, Any]], source: str, at: datetime) -> int:
    """Store what a provider says about messages of ours (`channels.providers`), already verified; how many are new."""
    rows = []
    for notice in notices:
        raw = json.dumps(notice, sort_keys=True).encode()
        key = _key(source, notice["id"] or hashlib.sha256(raw).hexdigest(), notice["what"])
        form = InboundMail.Form.NOTICE
        rows.append(InboundMail(key=key, source=source, form=form, raw=raw, size=len(raw), received_at=at, due_at=at))
    return _store(rows)


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
