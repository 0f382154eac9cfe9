"""What the rows of a ticket have in common: who did it, when, and words checked before they are kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from closedloop.errors import TicketRefused
from common.models import User
from common.text import clean
from crm.sight import Principal


class TicketRow(models.Model):
    """A thing somebody did to a ticket: who and when."""

    ticket = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="%(class)ss")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        abstract = True


def unread(words: str, *, name: str) -> models.Index:
    """Of rows whose `words` are still to be classified (services/noting.py)."""
    return models.Index(fields=["id"], name=name, condition=Q(classified_at__isnull=True) & ~Q(**{words: ""}))


def author(by: Principal) -> User | None:
    """The person behind a step; a system's key and the machine are no person."""
    return by if isinstance(by, User) else None


def via(by: Principal) -> dict[str, str]:
    """Who else it was, for the event trail: {"via": "apikey:3"}."""
    return {} if by is None or isinstance(by, User) else {"via": f"{by._meta.model_name}:{by.pk}"}


def needed(text: str, message: str) -> str:
    """The cleaned text; a refusal with `message` if nothing is left of it."""
    cleaned = clean(text).text
    if not cleaned:
        raise TicketRefused(message)
    return cleaned
