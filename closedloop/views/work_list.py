"""The work list: whom to call, the most urgent first. Works on a phone, without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from closedloop.models import Ticket
from closedloop.models.tickets import NOT_TO_CALL, TicketQuerySet, due_by_tonight
from closedloop.services.owing import asked_of
from closedloop.services.reaching import bar_calls
from crm.models import Assignment
from crm.sight import Principal, assignments_of

ROWS = 50
TABS = {"mine": "Mine", "team": "Team", "overdue": "Overdue", "today": "Due today", "closed": "Closed lately"}


@dataclass(frozen=True)
class Group:
    """Tickets under one heading; `state` tells how their due time is shown."""

    name: str
    state: str
    tickets: list[Ticket]


@login_required
@require_safe
def work_list(request: HttpRequest) -> HttpResponse:
    user, at = request.user, timezone.now()
    tab = request.GET.get("tab", "mine")
    tab = tab if tab in TABS else "mine"
    visible = Ticket.objects.visible_to(user, "closedloop.view_ticket")
    counts = _counts(visible, user, at)
    chosen = _of_tab(visible, tab, user, at)
    pages = Paginator(chosen.values_list("pk", flat=True), ROWS)  # of thousands only the shown are read in full
    pages.count = counts[tab]
    page = pages.get_page(request.GET.get("page"))
    tickets = list(_rows(chosen.filter(pk__in=list(page)), at))
    bar_calls(tickets)
    home = _home(user)
    context = {
        "tab": tab,
        "tabs": [(name, title, counts[name]) for name, title in TABS.items()],
        "counts": counts,
        "groups": _groups(tickets, tab, at),
        "page": page,
        "place": home.unit.name if home else "",
        "zone": home.unit.zone if home else "UTC",
        "now": at,
        "asked": asked_of(user, at=at) if tab == "mine" else None,
    }
    return render(request, "closedloop/work_list.html", context)


def _home(user: Principal) -> Assignment | None:
    """Where the person works: their first assignment of today."""
    return assignments_of(user).select_related("unit").order_by("pk").first()


def _of_tab(visible: TicketQuerySet, tab: str, user: Principal, at: datetime) -> TicketQuerySet:
    if tab == "closed":
        return visible.closed_lately(at).with_closure()
    chosen = {"mine": visible.open().mine(user), "overdue": visible.overdue(at), "today": visible.due_today(at)}
    return chosen.get(tab, visible.open()).most_pressing_first(at)


def _rows(tickets: TicketQuerySet, at: datetime) -> TicketQuerySet:
    return tickets.select_related("unit", "owner", "customer", "rule").with_last_attempt().with_clock(at)


def _counts(visible: TicketQuerySet, user: Principal, at: datetime) -> dict[str, int]:
    mine, overdue = Q(owner__user=user), Q(due_at__lt=at)
    counts: dict[str, int] = visible.open().aggregate(
        team=Count("pk"),
        mine=Count("pk", filter=mine),
        overdue=Count("pk", filter=overdue),
        my_overdue=Count("pk", filter=mine & overdue),
        today=Count("pk", filter=due_by_tonight(at)),
    )
    quiet = visible.open().mine(user).filter(NOT_TO_CALL).count()  # by itself: no index holds what the brief says
    to_call = counts["mine"] - quiet
    return counts | {"my_quiet": quiet, "my_calls": to_call, "closed": visible.closed_lately(at).count()}


def _groups(tickets: list[Ticket], tab: str, at: datetime) -> list[Group]:
    if tab == "closed":
        return [Group("Closed in the last two weeks", "closed", tickets)] if tickets else []
    by_state: dict[str, list[Ticket]] = {"overdue": [], "today": [], "later": [], "paused": []}
    for ticket in tickets:
        by_state["paused" if getattr(ticket, "paused_until", None) else ticket.urgency(at)].append(ticket)
    names = {"overdue": "Overdue", "today": "Due today", "later": "Later", "paused": "The clock stands still"}
    return [Group(names[state], state, rows) for state, rows in by_state.items() if rows]
