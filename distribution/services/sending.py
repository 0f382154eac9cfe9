"""Handing mails to staff over to the post office."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial

from common.outbox import Clock, drain
from common.senders import HandOver, Reply, hand_over
from distribution.models import Dispatch
from distribution.services import bundling, subscribing
from distribution.services.composing import compose

RELATED = (
    "digest__unit",
    "endpoint__unit",
    "approval__version__program",
    "approval__requested_by",
    "escalation__clock__ticket__unit",
    "escalation__clock__ticket__owner",
    "escalation__clock__ticket__customer",
    "telling__initiative",
    "telling__by__employee",
    "run__subscription__view",
    "run__subscription__employee__user",
    "huddle__unit",
    "thanks__by__employee",
    "talk__by__employee",
    "talk__unit",
    "handover",
    "pattern",
    *bundling.RELATED,
)


def send_due(
    *, at: datetime, limit: int = 200, hand_over: HandOver = hand_over, clock: Clock | None = None
) -> Counter[str]:
    """Send up to `limit` mails that are due; how many ended in which state. At least once: a mail whose sender died, or
    whose answer was lost, goes again under the same Message-ID, so that the reader's mailbox can tell.
    `clock` says when each outcome was heard (default: `at`)."""
    rows = Dispatch.objects.select_related(*RELATED)
    write = partial(compose, at=at)
    return drain(
        rows, compose=write, at=at, limit=limit, hand_over=hand_over, resend_lost=True, record=_settle,
        clock=clock,
    )  # fmt: skip


def _settle(row: Dispatch, reply: Reply, at: datetime) -> None:
    """What else becomes of a mail's outcome; in its transaction."""
    bundling.share_fate(row, reply, at)
    subscribing.lost(row, reply.text, at=at)
