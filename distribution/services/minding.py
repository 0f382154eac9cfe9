"""The part of a digest that is to be done: whom to call, and how well the loop is kept closed."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from closedloop.models import Closure, ContactAttempt, Ticket
from distribution.mornings import Morning
from distribution.services.hearing import customer_name, employee_name, happened
from distribution.services.scoping import Scope

SHOWN = 30
DAYS = 30

_TRIED = Exists(ContactAttempt.objects.made().filter(ticket=OuterRef("pk")))
_REACHED = Exists(ContactAttempt.objects.filter(ticket=OuterRef("pk"), outcome=ContactAttempt.Outcome.REACHED))


def last_30_days(morning: Morning) -> Any:
    return morning.last(DAYS)


def calls(scope: Scope) -> dict[int, dict[str, Any]]:
    """{"open", "overdue", "due", "quiet", "quiet_overdue", "rows"}: open tickets; customers to call by tonight, and
    those overdue when frozen; the same of those who asked not to be called. The rows are all of them, calls first, the
    longest overdue first."""
    opened = Ticket.objects.open().filter(unit__in=scope.leaves)
    counts = scope.deal(opened.values("unit").annotate(n=Count("pk")), lambda row: row["unit"])
    due = scope.deal(
        opened.filter(scope.within(_until_tonight, time="due_at"))
        .select_related("customer", "owner", "origin__interaction__kind")
        .order_by("due_at", "pk"),
        lambda ticket: ticket.unit_id,
    )
    return {
        m.unit_id: {"open": sum(row["n"] for row in counts[m.unit_id]), **_to_do(due[m.unit_id], scope)}
        for m in scope.mornings
    }


def _to_do(due: list[Ticket], scope: Scope) -> dict[str, Any]:
    quiet = [ticket for ticket in due if ticket.do_not_call]
    to_call = [ticket for ticket in due if not ticket.do_not_call]
    return {
        "due": len(to_call),
        "overdue": sum(ticket.due_at < scope.at for ticket in to_call),
        "quiet": len(quiet),
        "quiet_overdue": sum(ticket.due_at < scope.at for ticket in quiet),
        "rows": [_call(ticket, scope) for ticket in [*to_call[:SHOWN], *quiet[:SHOWN]]],
    }


def _until_tonight(morning: Morning) -> Any:
    return morning.last(3650)[0], morning.tonight


def _call(ticket: Ticket, scope: Scope) -> dict[str, Any]:
    return {
        "ticket": str(ticket.public_id),
        "customer": ticket.customer_id,
        "name": customer_name(ticket.customer),
        "score": ticket.origin.score,
        "words": ticket.origin.text,
        "happened": happened(ticket.origin.interaction),
        "owner": employee_name(ticket.owner),
        "best_time": best_time(ticket),
        "opened_at": ticket.opened_at.isoformat(),
        "due_at": ticket.due_at.isoformat(),
        "overdue": ticket.due_at < scope.at,
        "quiet": ticket.do_not_call,
    }


def best_time(ticket: Ticket) -> str:
    """When the customer would like to be called; empty if any time will do."""
    wish = str((ticket.brief.get("callback") or {}).get("best_time") or "")
    return "" if wish == "any" else wish


def loop_health(scope: Scope) -> dict[int, dict[str, Any]]:
    """Last 30 days: {"first_calls", "first_in_time", "closed", "closed_in_time", "tried", "oldest"}. First calls that
    were made or are overdue, and those made by their due time; closures, and those before the next contact was overdue;
    open tickets tried without reach; the oldest open one, {"name", "customer", "opened_at"} or None."""
    first = scope.deal(_first_calls(scope), lambda row: row["ticket__unit"])
    closed = scope.deal(_closures(scope), lambda row: row["ticket__unit"])
    opened = Ticket.objects.open().filter(unit__in=scope.leaves)
    tried = scope.deal(opened.filter(_TRIED, ~_REACHED).values("unit").annotate(n=Count("pk")), lambda row: row["unit"])
    oldest = scope.deal(
        opened.order_by("unit_id", "opened_at", "pk").distinct("unit_id").select_related("customer"),
        lambda ticket: ticket.unit_id,
    )
    return {
        m.unit_id: {
            "first_calls": sum(row["n"] for row in first[m.unit_id]),
            "first_in_time": sum(row["in_time"] for row in first[m.unit_id]),
            "closed": sum(row["n"] for row in closed[m.unit_id]),
            "closed_in_time": sum(row["in_time"] for row in closed[m.unit_id]),
            "tried": sum(row["n"] for row in tried[m.unit_id]),
            "oldest": _oldest(oldest[m.unit_id]),
        }
        for m in scope.mornings
    }


def _first_calls(scope: Scope) -> Any:
    asked = scope.within(last_30_days, time="requested_at", unit="ticket__unit")
    judged = Q(made_at__isnull=False) | Q(due_at__lt=scope.at)
    attempts = ContactAttempt.objects.filter(asked, judged, number=1).exclude(outcome=ContactAttempt.Outcome.CANCELLED)
    in_time = Count("pk", filter=Q(made_at__lte=F("due_at")))
    return attempts.values("ticket__unit").annotate(n=Count("pk"), in_time=in_time)


def _closures(scope: Scope) -> Any:
    closures = Closure.objects.filter(
        scope.within(last_30_days, time="at", unit="ticket__unit"), reopened_at__isnull=True
    )
    in_time = Count("pk", filter=Q(at__lte=F("ticket__due_at")))
    return closures.values("ticket__unit").annotate(n=Count("pk"), in_time=in_time)


def _oldest(tickets: list[Ticket]) -> dict[str, Any] | None:
    if not tickets:
        return None
    oldest = min(tickets, key=lambda ticket: ticket.opened_at)
    return {
        "name": customer_name(oldest.customer),
        "customer": oldest.customer_id,
        "opened_at": oldest.opened_at.isoformat(),
    }
