"""Rows of closedloop, made the way the product makes them: by screening an answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from closedloop.models import (
    AlertRule,
    CustomerSignal,
    Observation,
    RecoveryDraw,
    RecoveryStudy,
    ServicePolicy,
    Ticket,
)
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from crm.models import Interaction, InteractionKind, OrgUnit, Relationship
from surveys.models import Program, Response
from surveys.sampling import draw, drawn
from surveys.scoring import category
from tests.factories import crm
from tests.factories.crm import NOW

_number = count(1)


def policy(**fields: Any) -> ServicePolicy:
    return ServicePolicy.objects.get_or_create(
        code=fields.pop("code", "standard"), defaults={"name": "Standard", **fields}
    )[0]


def rule(**fields: Any) -> AlertRule:
    defaults = {"code": f"rule-{AlertRule.objects.count()}", "name": "A rule", "opens_ticket": True}
    return AlertRule.objects.create(**defaults | fields | {"policy": fields.get("policy") or policy()})


def listen(at: datetime = NOW) -> None:
    """Raise and screen what waits, as the task does, at a moment of the test's own."""
    while raise_signals(at=at):
        pass
    while screen(at=at):
        pass


def ticket(response: Any, at: datetime = NOW) -> Ticket:
    """The ticket of an answer, under the rules a new house starts with."""
    set_up_defaults()
    listen(at)
    return Ticket.objects.get(ticket_signals__signal__source_id=str(response.pk), ticket_signals__signal__revision=1)


def study(*, of: Response, held_out: bool, **fields: Any) -> RecoveryStudy:
    """A study that holds out half, with a seed by which the lot holds the answer `of` out, or does not."""
    said = {
        "code": "autumn", "name": "Autumn study", "agreed_with": "Board", "agreed_on": NOW.date(), "share": "0.5",
        "since": NOW - timedelta(days=30), "until": NOW + timedelta(days=365), **fields,
    }  # fmt: skip
    half, occasion = Decimal("0.5"), f"answer:{of.pk}"
    said["seed"] = next(
        str(n) for n in count() if drawn(draw(str(n), str(said["code"]), occasion), half) is held_out
    )  # fmt: skip
    return RecoveryStudy.objects.create(**said)


def lot(
    study: RecoveryStudy, *, kind: InteractionKind, unit: OrgUnit, arm: str, at: datetime = NOW, score: int = 3,
    again: int | None = None, left: bool = False, cost: str = "",
) -> RecoveryDraw:  # fmt: skip
    """A detractor whom a study drew into an arm. `again`: their score a month later; `left`: three months later they
    were no customer any more; `cost`: what was spent on them, in a ticket in which they were reached."""
    customer = crm.customer(unit=unit)
    visit = crm.interaction(kind=kind, customer=customer, unit=unit, occurred_at=at)
    first = answer(visit, score=score, answered_at=at - timedelta(minutes=1))
    heard = signal(
        source_id=str(first.pk), response=first, customer=customer, unit=unit, score=score, category="detractor",
        screened_at=at, at=at,
    )  # fmt: skip
    by = AlertRule.objects.filter(code="low").first() or rule(code="low", active=False)
    held = arm == RecoveryDraw.Arm.HELD_OUT
    drawn_ = RecoveryDraw.objects.create(
        study=study, customer=customer, occasion=f"answer:{first.pk}", signal=heard, rule=by, unit=unit, draw=1,
        probability=study.share, arm=arm, at=at, ask_at=at + timedelta(days=21),
        held_until=at + timedelta(days=180) if held else None,
    )  # fmt: skip
    if again is not None:
        answer(visit, score=again, answered_at=at + timedelta(days=30))
    gone = (at + timedelta(days=90)).date() if left else None
    Relationship.objects.create(source="crm", external_id=f"r{customer.pk}", customer=customer, left_on=gone, as_of=at)
    if cost:
        worked(drawn_, Decimal(cost))
    return drawn_


def worked(lot: RecoveryDraw, cost: Decimal) -> Ticket:
    """A ticket of theirs: one attempt that reached them, an action of that cost, put right."""
    ticket = Ticket.objects.create(
        customer=lot.customer, unit=lot.unit, rule=lot.rule, policy=lot.rule.policy, origin=lot.signal,
        opened_at=lot.at, due_at=lot.at,
    )  # fmt: skip
    soon = lot.at + timedelta(hours=1)
    ticket.record_attempt(outcome="reached", note="", by=None, at=soon)
    ticket.record_action(done="Refund", by=None, at=soon, currency="EUR", cost=cost)
    ticket.close(outcome="resolved", summary="", by=None, at=soon)
    return ticket


def answer(visit: Interaction, *, score: int | None = 2, program: Program | None = None, **fields: Any) -> Response:
    """What the customer of `visit` said, as our survey stores it."""
    at = fields.setdefault("answered_at", NOW - timedelta(minutes=1))
    program = program or Program.objects.get_or_create(code="visits", defaults={"name": "Branch visits"})[0]
    return Response.objects.create(
        **{
            "source": "survey", "external_id": f"a{next(_number)}", "program": program, "interaction": visit,
            "customer": visit.customer, "unit": visit.unit, "employee": visit.employee,
            "channel": "email", "score": score, "category": category(score) or "", "updated_at": at, **fields,
        }
    )  # fmt: skip


def revise(response: Response, **fields: Any) -> Response:
    """The customer adds to the answer or changes it."""
    if "score" in fields:
        fields["category"] = category(fields["score"]) or ""
    for name, value in fields.items():
        setattr(response, name, value)
    response.revision += 1
    response.signalled_at = None
    response.save()
    return response


def wish(response: Response, *, phone: str, time: str = "") -> None:
    """The step in which the customer asks to be called, at the answer's present revision."""
    said = {"callback": True, "phone": phone, "time": time}
    response.answers.create(revision=response.revision, question="callback", value=said, at=NOW)
    Response.objects.filter(pk=response.pk).update(callback=True, callback_phone=phone, callback_time=time)


def signal(**fields: Any) -> CustomerSignal:
    """A bare signal, for tests of the conditions."""
    number = CustomerSignal.objects.count()
    return CustomerSignal.objects.create(
        **{"kind": "answer", "source_id": f"s{number}", "revision": 1, "at": NOW, **fields}
    )


def observed(visit: Interaction, *, words: str) -> list[Observation]:
    """Kept, and nobody alerted: a heard call and a failure about a visit."""
    told = {
        "source": "crm", "reason": "unresolved", "words": words, "customer": visit.customer, "unit": visit.unit,
        "employee": visit.employee, "interaction": visit, "occurred_at": NOW, "received_at": NOW,
    }  # fmt: skip
    heard = {"kind": "speech", "external_id": "call-1", "confidence": "0.870", "transcript": words[:500]}
    return [
        Observation.objects.create(**told, **own) for own in (heard, {"kind": "failure", "external_id": "failure-1"})
    ]
