"""The rule of `surveys.dispositions` as an expression: any number of invitations is counted in one statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from common.models.outgoing import State
from surveys.dispositions import Disposition
from surveys.models.inbound import InboundMail
from surveys.models.invitations import Invitation
from surveys.models.messages import Message
from surveys.models.responses import Response

CAME_BACK = (InboundMail.Verdict.BOUNCE, InboundMail.Verdict.SOFT_BOUNCE, InboundMail.Verdict.REFUSED)


def with_disposition(rows: QuerySet[Invitation], *, at: datetime) -> QuerySet[Any]:
    """Invitations with their `disposition` at `at`."""
    return rows.annotate(disposition=disposition(at=at))


def disposition(*, at: datetime) -> Case:
    """Of an invitation: what is asked first is what decides about most of them, so that few rows are looked up."""
    reached, open_still = Exists(_reached()), Q(expires_at__gt=at)
    found: list[tuple[Any, Disposition]] = [
        (Q(response__score__isnull=False, response__status=Response.Status.COMPLETE), Disposition.COMPLETE),
        (Q(response__score__isnull=False), Disposition.PARTIAL),
        (Q(refusal__isnull=False), Disposition.REFUSED),
        (Q(response__isnull=False), Disposition.BREAK_OFF),
        (reached & open_still, Disposition.OPEN),
        (reached, Disposition.SILENT),
        (Exists(_asks(State.CANCELLED)), Disposition.NOT_ASKED),
        (Exists(_asks(State.PENDING)) & open_still, Disposition.WAITING),
        (Exists(_asks(State.PENDING)), Disposition.NOT_ASKED),
        (Exists(_came_back(invitation=OuterRef("pk"))), Disposition.BOUNCED),
        (Exists(_asks(State.FAILED)), Disposition.NOT_DELIVERED),
        (open_still, Disposition.OPEN),
    ]
    whens = [When(condition, then=Value(value.value)) for condition, value in found]
    return Case(*whens, default=Value(Disposition.UNKNOWN_DELIVERY.value), output_field=CharField())


def went_out() -> Q:
    """Invitations that are in a response rate: neither cancelled before the mail left, nor still waiting for it."""
    unsent = Exists(_asks(State.PENDING, State.CANCELLED))
    return ~unsent | Q(response__isnull=False) | Q(refusal__isnull=False)


def _asks(*states: State) -> QuerySet[Message]:
    return Message.objects.filter(invitation=OuterRef("pk"), kind=Message.Kind.ASK, state__in=states)


def _reached() -> QuerySet[Message]:
    """Handed off, and nothing said that it came back."""
    theirs = _came_back(invitation=OuterRef("invitation")).filter(Q(message=OuterRef("pk")) | Q(message=None))
    return Message.objects.filter(~Exists(theirs), invitation=OuterRef("pk"), state=State.HANDED_OFF)


def _came_back(**about: Any) -> QuerySet[InboundMail]:
    return InboundMail.objects.filter(verdict__in=CAME_BACK, **about)
