"""What became of the questions that followed decisions: “asked” is not said of somebody whose question never left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from common.models.outgoing import State
from surveys.models import Decision, Message


def became_of(decisions: Iterable[Decision]) -> dict[int, str]:
    """By id, of those whose question did not go out, or went nobody knows where: "but it was not sent: on hold:
    complaint". One query, however many decisions."""
    by_occasion = {(d.program_id, d.occasion): d.pk for d in decisions}
    ids: dict[str, set[int]] = {"interaction": set(), "turn": set()}
    for _, occasion in by_occasion:
        kind, _, number = occasion.partition(":")
        if kind in ids and number.isdigit():
            ids[kind].add(int(number))
    about = Q(invitation__interaction__in=ids["interaction"]) | Q(invitation__turn__in=ids["turn"])
    asks: Any = Message.objects.filter(about, kind=Message.Kind.ASK).values_list(
        "invitation__program", "invitation__interaction", "invitation__turn", "state", "reply"
    )
    told = {}
    for program, interaction, turn, state, reply in asks:
        pk = by_occasion.get((program, f"turn:{turn}" if turn else f"interaction:{interaction}"))
        if pk is not None and (words := _words(state, reply)):
            told[pk] = words
    return told


def _words(state: str, reply: str) -> str:
    """A provider's own words stay on the message's page: they may hold an address. Why we cancelled are ours."""
    return {
        State.CANCELLED: f"but it was not sent: {reply}",
        State.FAILED: "but it could not be sent",
        State.UNKNOWN: "but nobody knows whether it arrived",
    }.get(State(state), "")
