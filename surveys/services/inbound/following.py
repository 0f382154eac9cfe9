"""What follows from mail that came back: addresses given up, customers left alone, words kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from common.models import Event
from crm.services.bouncing import bounce
from crm.services.complaining import complain
from surveys.models import InboundMail, Invitation, Message, Refusal
from surveys.services.cancelling import cancel_pending
from surveys.services.inbound.braking import count
from surveys.services.inbound.replying import keep_reply
from surveys.services.stopping import note_refusal, stop_asking

Verdict = InboundMail.Verdict
SOFT_WINDOW = timedelta(days=30)


@transaction.atomic
def follow(row: InboundMail, *, suggested: int | None, at: datetime) -> None:
    """Do what the verdict of `row` asks for and add to its `why` what was done. The row is saved by the caller."""
    if row.invitation is None:
        return
    if row.verdict == Verdict.REPLY:
        keep_reply(row, suggested=suggested, at=at)
    elif row.verdict in _EFFECTS:
        _EFFECTS[Verdict(row.verdict)](row, at)


def _bounced(row: InboundMail, at: datetime) -> None:
    if not _before(row):
        _count(row, at, bounced=1)
    _give_up(row, at, evidence=f"bounced: {row.status or 'no status'}")
    Event.objects.record("mail.bounced", subject=row, at=at, status=row.status, **_about(row))


def _bounced_for_now(row: InboundMail, at: datetime) -> None:
    """With the third mail within 30 days the address is given up; of one mail servers may say so several times."""
    Event.objects.record("mail.bounced_for_now", subject=row, at=at, status=row.status, **_about(row))
    same = InboundMail.objects.filter(address_hash=row.address_hash, verdict=Verdict.SOFT_BOUNCE)
    others = same.filter(judged_at__gt=at - SOFT_WINDOW).exclude(message=row.message_id)
    times = 1 + others.aggregate(mails=Count("message", distinct=True))["mails"] if row.address_hash else 0
    row.why += f" For the {_ordinal(times)} time within 30 days." if times > 1 else ""
    if times >= settings.SOFT_BOUNCES:
        _give_up(row, at, evidence=f"bounced for now {times} times in 30 days: {row.status}")


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


def _complained(row: InboundMail, at: datetime) -> None:
    if not _before(row):
        _count(row, at, complained=1)
    complain(customer=_invitation(row).customer, at=at, evidence=f"complaint, inbound mail {row.pk}")
    note_refusal(invitation=_invitation(row), at=at, how=Refusal.How.COMPLAINT)
    _cancel(row, at, why="the customer complained about the mail")
    row.why += " The customer is not written to again, whatever the survey."
    Event.objects.record("mail.complained", subject=row, at=at, **_about(row))


def _unsubscribed(row: InboundMail, at: datetime) -> None:
    stop_asking(invitation=_invitation(row), at=at, how=Refusal.How.MAIL)
    row.why += " They are not asked by mail any more."
    Event.objects.record("mail.unsubscribed", subject=row, at=at, **_about(row))


def _give_up(row: InboundMail, at: datetime, *, evidence: str) -> None:
    point = row.message.contact_point if row.message else None
    if point is None:
        row.why += " The address is not ours any more: nothing was to be done."
        return
    bounce(address=point, why=evidence, at=at)
    _cancel(row, at, why="the address bounced")
    row.why += " The address is suppressed."


def _cancel(row: InboundMail, at: datetime, *, why: str) -> None:
    cancel_pending(Message.objects.filter(invitation=_invitation(row)), why=why, at=at)


def _before(row: InboundMail) -> bool:
    """The same was said of the message before: it is not counted twice."""
    same = InboundMail.objects.filter(invitation=row.invitation, message=row.message, verdict=row.verdict)
    return same.exclude(pk=row.pk).exists()


def _count(row: InboundMail, at: datetime, **what: int) -> None:
    sent = row.message.handed_off_at if row.message else None
    count(program=_invitation(row).program_id, hour_of=sent or at, **what)


def _about(row: InboundMail) -> dict[str, Any]:
    return {"invitation": row.invitation_id, "message": row.message_id}


def _invitation(row: InboundMail) -> Invitation:
    if row.invitation is None:
        raise ValueError("about no invitation")
    return row.invitation


_EFFECTS: dict[Verdict, Callable[[InboundMail, datetime], None]] = {
    Verdict.BOUNCE: _bounced,
    Verdict.SOFT_BOUNCE: _bounced_for_now,
    Verdict.COMPLAINT: _complained,
    Verdict.UNSUBSCRIBE: _unsubscribed,
}
