"""What a later revision changed in an answer, and whether that is a reason to call. Called by screening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from closedloop.models import CustomerSignal, TicketSignal
from closedloop.services.opening import Source
from surveys.models import Answer
from surveys.scoring import Category

WORSE = {Category.PROMOTER: 0, Category.PASSIVE: 1, Category.DETRACTOR: 2}
Wish = tuple[str, str]  # number and best time


@dataclass(frozen=True)
class Edit:
    """From the revision `before`, screened earlier, to `now`, the newest. `settled`: a ticket about the answer was
    closed. `wishes`: number and best time at either revision, as far as the customer gave any."""

    before: CustomerSignal
    now: CustomerSignal
    settled: bool
    wishes: tuple[Wish | None, Wish | None]

    @property
    def wishes_anew(self) -> bool:
        """A call is wished for now, and was not before, or at another number or time."""
        return bool(self.now.callback) and (not self.before.callback or self.wishes[0] != self.wishes[1])

    @property
    def asks_again(self) -> bool:
        """A reason to call somebody who was called about the answer: a worse category, or a new wish."""
        return self.wishes_anew or _badness(self.now) > _badness(self.before)


def _badness(signal: CustomerSignal) -> int:
    return WORSE.get(Category(signal.category), 0) if signal.category else 0


def edits_of(newest: Mapping[Source, CustomerSignal]) -> dict[Source, Edit]:
    """The edits that lead to these newest revisions; first revisions are missing. At most two queries."""
    known = [
        (signal, newest[source])
        for signal in _screened(newest)
        if (source := (signal.kind, signal.source_id)) in newest and signal.revision < newest[source].revision
    ]
    latest = {(before.kind, before.source_id): (before, now) for before, now in known}  # ascending: the last one stays
    wishes = _wishes([now.response_id for _, now in latest.values() if now.response_id])
    return {
        source: Edit(before, now, before.settled, (_at(wishes, before), _at(wishes, now)))
        for source, (before, now) in latest.items()
    }


def _screened(newest: Mapping[Source, CustomerSignal]) -> Any:
    same = TicketSignal.objects.filter(signal__kind=OuterRef("kind"), signal__source_id=OuterRef("source_id"))
    return (
        CustomerSignal.objects.filter(source_id__in={source for _, source in newest}, screened_at__isnull=False)
        .annotate(settled=Exists(same.filter(ticket__is_open=False)))
        .order_by("revision")
    )


def _wishes(responses: list[int]) -> dict[int, list[tuple[int, Wish]]]:
    """By response: the revisions that told of the wish to be called, and number and best time then."""
    found: dict[int, list[tuple[int, Wish]]] = {}
    said = Answer.objects.filter(response__in=responses, question="callback").order_by("revision")
    for response, revision, value in said.values_list("response", "revision", "value"):
        found.setdefault(response, []).append((revision, (value.get("phone") or "", value.get("time") or "")))
    return found


def _at(wishes: dict[int, list[tuple[int, Wish]]], signal: CustomerSignal) -> Wish | None:
    """The wish as it stood at the signal's revision."""
    told = [wish for revision, wish in wishes.get(signal.response_id or 0, []) if revision <= signal.revision]
    return told[-1] if told else None


def can_be_reached(signal: CustomerSignal) -> bool:
    """A customer we know, or somebody unknown who left a number with the answer."""
    return signal.customer_id is not None or bool(signal.response and signal.response.callback_phone)
