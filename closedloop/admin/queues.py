"""Which tickets the desk shows: the queues above the list, and its filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from closedloop.models.tickets import TicketQuerySet, due_by_tonight, of_team, unattended
from crm.sight import Principal

Chosen = dict[str | None, Callable[[Any], QuerySet[Any]]]


class Queue(admin.SimpleListFilter):
    title = "queue"
    parameter_name = "queue"
    by_index = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "Mine"), ("team", "My team's"), ("nobody", "Nobody's"), ("approval", "To be approved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        user, on = request.user, timezone.now().date()
        chosen: Chosen = {
            "mine": lambda rows: rows.open().mine(user),
            "team": lambda rows: rows.open().of_team(user, on),
            "nobody": lambda rows: rows.unattended(on),
            "approval": lambda rows: rows.awaiting_approval(),
        }
        return chosen[self.value()](queryset) if self.value() in chosen else queryset


class Due(admin.SimpleListFilter):
    title = "due"
    parameter_name = "due"
    by_index = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("today", "Due today"), ("open", "Open"), ("closed", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        at = timezone.now()
        chosen: Chosen = {
            "overdue": lambda rows: rows.overdue(at),
            "today": lambda rows: rows.due_today(at),
            "open": lambda rows: rows.open(),
            "closed": lambda rows: rows.filter(is_open=False),
        }
        return chosen[self.value()](queryset) if self.value() in chosen else queryset


@dataclass(frozen=True)
class Door:
    """A queue above the list: what leads there, and how many tickets are in it."""

    title: str
    query: str
    number: int
    is_here: bool


DOORS = {
    "mine": ("Mine", "queue=mine"),
    "team": ("My team's", "queue=team"),
    "nobody": ("Nobody's", "queue=nobody"),
    "overdue": ("Overdue", "due=overdue"),
    "today": ("Due today", "due=today"),
    "approval": ("To be approved", "queue=approval"),
}


def doors(seen: TicketQuerySet, user: Principal, *, here: str, at: datetime) -> list[Door]:
    """The queues with the numbers of their tickets among `seen` (two queries); `here`: the query of the page."""
    on = at.date()
    numbers: dict[str, int] = seen.open().aggregate(
        mine=Count("pk", filter=Q(owner__user=user)),
        team=Count("pk", filter=of_team(user, on)),
        nobody=Count("pk", filter=unattended(on)),
        overdue=Count("pk", filter=Q(due_at__lt=at)),
        today=Count("pk", filter=due_by_tonight(at)),
    ) | {"approval": seen.awaiting_approval().count()}
    return [Door(title, query, numbers[name], query == here) for name, (title, query) in DOORS.items()]
