"""An answer and what closedloop makes of it, without running the services in between: signal, alert, ticket."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from closedloop.models import Alert, AlertRule, CustomerSignal, ServicePolicy, Ticket, TicketSignal
from crm.models import Customer, OrgUnit
from surveys.models import Program, Response
from surveys.scoring import category
from tests.factories.crm import NOW

_number = count(1)


def program(**fields: Any) -> Program:
    number = next(_number)
    return Program.objects.create(**{"code": f"visits-{number}", "name": "Branch visits", "active": True, **fields})


def answer(
    *, unit: OrgUnit, score: int, at: datetime = NOW, comment: str = "", customer: Customer | None = None, **fields: Any
) -> Response:
    return Response.objects.create(
        **{
            "source": "file", "external_id": f"a-{next(_number)}", "unit": unit, "customer": customer,
            "program": fields.pop("program", None) or Program.objects.first() or program(), "channel": "email",
            "score": score, "category": category(score), "comment": comment, "answered_at": at, "updated_at": at,
            **fields,
        }
    )  # fmt: skip


def signal(response: Response, **fields: Any) -> CustomerSignal:
    """The answer as the next revision, as closedloop would raise it."""
    revision = CustomerSignal.objects.filter(response=response).count() + 1
    return CustomerSignal.objects.create(
        **{
            "kind": "answer", "source_id": str(response.pk), "revision": revision, "response": response,
            "program": response.program, "customer": response.customer, "interaction": response.interaction,
            "unit": response.unit, "employee": response.employee, "score": response.score,
            "category": response.category, "text": response.comment, "callback": response.callback,
            "at": response.answered_at, "screened_at": response.answered_at, **fields,
        }
    )  # fmt: skip


def policy() -> ServicePolicy:
    return ServicePolicy.objects.get_or_create(code="one-day", defaults={"name": "One working day"})[0]


def rule(**fields: Any) -> AlertRule:
    number = next(_number)
    return AlertRule.objects.create(
        **{"code": f"detractors-{number}", "name": "Detractors", "audience": ["branch"], "policy": policy(), **fields}
    )


def ticket(about: CustomerSignal, **fields: Any) -> Ticket:
    made = Ticket.objects.create(
        **{
            "customer": about.customer, "unit": about.unit, "policy": policy(), "origin": about, "opened_at": about.at,
            "due_at": about.at + timedelta(days=1), **fields,
        }
    )  # fmt: skip
    TicketSignal.objects.create(ticket=made, signal=about, at=about.at)
    return made


def alert(about: CustomerSignal, *, rule: AlertRule | None = None, **fields: Any) -> Alert:
    return Alert.objects.create(
        **{
            "rule": rule or globals()["rule"](), "kind": about.kind, "source_id": about.source_id, "signal": about,
            "unit": about.unit, "employee": about.employee, "raised_at": about.at, "updated_at": about.at, **fields,
        }
    )  # fmt: skip
