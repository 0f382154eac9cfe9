"""Praise that customers gave and somebody in charge passes on: from the digest to whoever earned it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from closedloop.services.telling import name_of
from common.models import User
from common.outbox import MustNotGo
from common.queue import enqueue
from crm.sight import Principal
from distribution.models import Dispatch, Thanks
from distribution.services.addressing import reachable
from distribution.services.keeping_hours import opens_at
from distribution.services.wording import words_in_mail
from surveys.models import Response

FUNCTION = "distribution.add_thanks"


@dataclass(frozen=True)
class Passing:
    """Of one answer in a digest that may be passed on: `told`, once it was."""

    answer: UUID
    told: Thanks | None

    @property
    def by(self) -> str:
        return name_of(self.told.by) if self.told else ""


def passings(content: Mapping[str, Any], *, principal: Principal) -> dict[int, Passing]:
    """By the answer's id in the frozen `content`: what the reader may pass on, or what was. One query."""
    praised = [row["response"] for person in content["praise"] for row in person["rows"]]
    seen = Response.objects.visible_to(principal, FUNCTION).filter(pk__in=praised)
    rows = seen.select_related("thanks__by__employee")
    return {row.pk: Passing(row.public_id, getattr(row, "thanks", None)) for row in rows}


def find_answer(principal: Principal, answer: UUID) -> Response | None:
    """The answer, where somebody may pass it on."""
    seen = Response.objects.visible_to(principal, FUNCTION).select_related("employee__user")
    return seen.filter(public_id=answer).first()


@transaction.atomic
def pass_on(response: Response, *, words: str, by: User, at: datetime) -> tuple[Thanks, bool]:
    """As `Thanks.pass_on`; whoever is thanked hears of it by mail, once."""
    told, new = Thanks.pass_on(response, words=words, by=by, at=at)
    if new and reachable(told.employee, at.date()):
        kind = Dispatch.Kind.THANKS
        Dispatch.objects.create(
            kind=kind, thanks=told, employee=told.employee, due_at=opens_at(response.unit, at), created_at=at
        )
        enqueue("distribution.tasks.send")
    return told, new


def told_of(thanks: Thanks) -> dict[str, Any]:
    """What the mail says: by whom, and what they add; the customer's words are read in the stream."""
    if thanks.read_at is not None:
        raise MustNotGo("it was read before the mail left")
    url = f"{settings.PUBLIC_URL}{reverse('stream')}"
    return {"by": name_of(thanks.by), "words": words_in_mail(thanks.words), "url": url}


def thanks_to(principal: Principal) -> QuerySet[Thanks]:
    related = ("by__employee", "response__customer", "response__unit")
    return Thanks.objects.to(principal).select_related(*related)


def read_up_to(*, newest: int, by: User, at: datetime) -> int:
    """All that was passed on to them until then (id of a row) is read; how much was new to them."""
    return Thanks.objects.to(by).filter(pk__lte=newest).mark_read(by=by, at=at)
