"""The rule of `surveys.dispositions` as an expression: any number of invitations is counted in one statement."""

from __future__ import annotations

from collections.abc import Sequence
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
    """Of an invitation: what is asked first is what decides about most of them, and nothing is looked up twice."""
    still_open, pending = Q(expires_at__gt=at), Exists(_asks(State.PENDING))
    return _first(
        [
            (Q(response__score__isnull=False, response__status=Response.Status.COMPLETE), Disposition.COMPLETE),
            (Q(response__score__isnull=False), Disposition.PARTIAL),
            (Q(refusal__isnull=False), Disposition.REFUSED),
            (Q(response__isnull=False), Disposition.BREAK_OFF),
            (Exists(_reached()), _first([(still_open, Disposition.OPEN)], Disposition.SILENT)),
            (Exists(_asks(State.CANCELLED)), Disposition.NOT_ASKED),
            (pending, _first([(still_open, Disposition.WAITING)], Disposition.NOT_ASKED)),
            (Exists(_came_back(invitation=OuterRef("pk"))), Disposition.BOUNCED),
            (Exists(_asks(State.FAILED)), Disposition.NOT_DELIVERED),
            (still_open, Disposition.OPEN),
        ],
        Disposition.UNKNOWN_DELIVERY,
    )


def _first(found: Sequence[tuple[Any, Disposition | Case]], otherwise: Disposition) -> Case:
    """What stands beside the first condition that is true."""
    whens = [When(condition, then=_value(then)) for condition, then in found]
    return Case(*whens, default=_value(otherwise), output_field=CharField())


def _value(said: Disposition | Case) -> Value | Case:
    return Value(said.value) if isinstance(said, Disposition) else said


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
