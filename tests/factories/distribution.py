"""An answer and what closedloop makes of it, without running the services in between: signal, alert, ticket."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from closedloop.models import Alert, AlertRule, CustomerSignal, ServicePolicy, Ticket, TicketSignal
from crm.models import OrgUnit
from surveys.models import Program, Response
from tests.factories import surveys
from tests.factories.crm import NOW

_number = count(1)


def answer(*, unit: OrgUnit, score: int, at: datetime = NOW, **fields: Any) -> Response:
    """An answer to the first program there is."""
    program = fields.pop("program", None) or Program.objects.first() or surveys.program(name="Branch visits")
    return surveys.response(unit=unit, program=program, score=score, answered_at=at, **fields)


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
