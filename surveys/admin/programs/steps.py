"""What the console does with a verb of a program: call it, say what came of it, go back to the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone


def each(
    site: Any, request: HttpRequest, rows: QuerySet[Any], verb: Callable[..., object], done: str, *, takes: str
) -> None:
    """Call a verb for chosen rows and say what came of each; a refusal of one does not stop the others."""
    for row in site.in_sight(rows, request, site.function("change")):
        for said, level in _outcome(verb, {takes: row}, request, f"{row} {done}"):
            site.message_user(request, f"{row}: {said}" if level == messages.ERROR else said, level)


def step(request: HttpRequest, verb: Callable[..., object], done: str, *, back: tuple[str, Any], **about: Any) -> Any:
    """Call a verb about one row because a button was pressed, and go back."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    for said, level in _outcome(verb, about, request, done):
        messages.add_message(request, level, said)
    return redirect(back[0], back[1])


def _outcome(
    verb: Callable[..., object], about: dict[str, Any], request: HttpRequest, done: str
) -> Iterable[tuple[str, int]]:
    try:
        verb(**about, at=timezone.now(), by=request.user)
    except ValidationError as refusal:
        return [(sentence, messages.ERROR) for sentence in refusal.messages]
    return [(done, messages.SUCCESS)]
