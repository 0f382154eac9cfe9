"""The part of a digest that customers said: answers, jumps, praise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, OrderBy, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from closedloop.models import CustomerSignal, TicketSignal
from crm.models import Customer, Employee, Interaction
from distribution.mornings import Morning
from distribution.naming import short, short_name
from distribution.services.scoping import Scope
from surveys.models import Message, Response
from surveys.scoring import Category, moved

SHOWN = 40  # verbatims of a unit; the counts are complete
PRAISED = 20

Rows = list[dict[str, Any]]


def answers(scope: Scope) -> dict[int, dict[str, Any]]:
    """{"n", "promoter", "passive", "detractor", "words", "asked", "rows"}: what was said in the days told of, lowest
    first, and how many were asked in those days."""
    told = _told(scope)
    counts = scope.deal(told.values("unit").annotate(**_counts()), lambda row: row["unit"])
    lowest = list(_ranked(told, F("score").asc(), SHOWN))
    tickets = _tickets_of(lowest)
    rows = scope.deal(lowest, lambda response: response.unit_id)
    asked = scope.deal(_asked(scope), lambda row: row["invitation__unit"])
    return {
        m.unit_id: {
            **_total(counts[m.unit_id], _counts()),
            "asked": sum(row["n"] for row in asked[m.unit_id]),
            "rows": [_answer(r) | {"ticket": tickets.get(r.pk)} for r in _by_score(rows[m.unit_id])[:SHOWN]],
        }
        for m in scope.mornings
    }


def jumps(scope: Scope) -> dict[int, Rows]:
    """[{"response", "customer", "name", "previous", "score", "words"}]: moved by two or more, or to another class."""
    newest = (
        CustomerSignal.objects.filter(
            scope.within(Morning.told, time="at"), previous_score__isnull=False, score__isnull=False
        )
        .select_related("customer")
        .order_by("kind", "source_id", "-revision")
        .distinct("kind", "source_id")
    )
    dealt = scope.deal(filter(_moved, newest), lambda signal: signal.unit_id)
    return {m.unit_id: [_jump(s) for s in sorted(dealt[m.unit_id], key=_fall)] for m in scope.mornings}


def praise(scope: Scope) -> dict[int, Rows]:
    """[{"employee", "name", "rows": [{"response", "customer", "words", "score"}]}]: promoters' words, by who served."""
    kind_words = _told(scope).filter(category=Category.PROMOTER, employee__isnull=False).exclude(comment="")
    dealt = scope.deal(_ranked(kind_words, F("score").desc(), PRAISED), lambda response: response.unit_id)
    return {m.unit_id: _by_employee(dealt[m.unit_id]) for m in scope.mornings}


def _told(scope: Scope) -> QuerySet[Response]:
    return Response.objects.promoter_scale().filter(scope.within(Morning.told, time="answered_at"))


def _ranked(responses: QuerySet[Response], first: OrderBy, limit: int) -> QuerySet[Response]:
    """The first `limit` answers of each unit, in that order."""
    rank = Window(RowNumber(), partition_by=F("unit"), order_by=[first, F("answered_at").asc(), F("pk").asc()])
    related = ("customer", "employee", "interaction__kind")
    return responses.annotate(rank=rank).filter(rank__lte=limit).select_related(*related).order_by("rank")


def _counts() -> dict[str, Count]:
    return {
        "n": Count("pk"),
        **{str(c): Count("pk", filter=Q(category=c)) for c in Category},
        "words": Count("pk", filter=~Q(comment="")),
    }


def _total(rows: Iterable[Any], names: Iterable[str]) -> dict[str, int]:
    rows = list(rows)
    return {name: sum(row[name] for row in rows) for name in names}


def _asked(scope: Scope) -> QuerySet[Any, Any]:
    sent = scope.within(Morning.told, time="handed_off_at", unit="invitation__unit")
    asks = Message.objects.filter(sent, kind=Message.Kind.ASK)
    return asks.values("invitation__unit").annotate(n=Count("pk"))


def _tickets_of(responses: Iterable[Response]) -> dict[int, str]:
    """Address part of the ticket each answer belongs to."""
    ids = [response.pk for response in responses]
    pairs = TicketSignal.objects.filter(signal__response__in=ids).values_list("signal__response", "ticket__public_id")
    return {response: str(ticket) for response, ticket in pairs if response is not None}


def _by_score(responses: list[Response]) -> list[Response]:
    return sorted(responses, key=lambda r: (r.score or 0, r.answered_at, r.pk))


def _answer(response: Response) -> dict[str, Any]:
    return {
        "response": response.pk,
        "customer": response.customer_id,
        "name": customer_name(response.customer),
        "score": response.score,
        "words": response.words,
        "happened": happened(response.interaction),
        "happened_at": response.interaction.occurred_at.isoformat() if response.interaction else None,
        "employee": employee_name(response.employee),
        "at": response.answered_at.isoformat(),
    }


def _moved(signal: CustomerSignal) -> bool:
    return signal.previous_score is not None and signal.score is not None and moved(signal.previous_score, signal.score)


def _fall(signal: CustomerSignal) -> tuple[int, int]:
    """Deepest fall first."""
    return (signal.score or 0) - (signal.previous_score or 0), signal.pk


def _jump(signal: CustomerSignal) -> dict[str, Any]:
    return {
        "response": signal.response_id,
        "customer": signal.customer_id,
        "name": customer_name(signal.customer),
        "previous": signal.previous_score,
        "score": signal.score,
        "words": signal.text,
    }


def _by_employee(responses: list[Response]) -> Rows:
    found: dict[int, list[Response]] = defaultdict(list)
    for response in responses:
        if response.employee_id is not None:
            found[response.employee_id].append(response)
    rows = [
        {
            "employee": employee,
            "name": employee_name(said[0].employee),
            "rows": [{"response": r.pk, "customer": r.customer_id, "words": r.words, "score": r.score} for r in said],
        }
        for employee, said in found.items()
    ]
    return sorted(rows, key=lambda row: (-len(row["rows"]), row["name"]))


def customer_name(customer: Customer | None) -> str:
    return short_name(customer.given_name, customer.family_name) if customer else short_name("", "")


def employee_name(employee: Employee | None) -> str:
    return short(employee.name) if employee else ""


def happened(interaction: Interaction | None) -> str:
    """Branch visit, current account."""
    if interaction is None:
        return ""
    return ", ".join(part for part in (interaction.kind.name, interaction.product) if part)
