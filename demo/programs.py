"""The bank's programs: four in force, and two that the office is still working on."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from common.models import User
from crm.models import InteractionKind
from demo.company.bank import Bank
from demo.words.wording import FURTHER, PLANNED, PROGRAMS
from surveys.models import Program, ProgramVersion
from surveys.services.designing.approving import decide, request_approval
from surveys.services.designing.drafting import create_program, draft_version, redraft
from surveys.services.designing.publishing import activate, publish


def set_up_programs(bank: Bank, at: datetime) -> None:
    """Drafted by the office, approved by the operator; what is planned asks nobody yet."""
    office = User.objects.get(username=bank.employees[0].login)
    second = User.objects.get(username="admin")
    for number, (kind, (name, wording)) in enumerate(PROGRAMS.items(), 1):
        program = create_program(code=f"after-{kind}", name=name, kind="transactional", at=at, by=office)
        draft = drafted(
            program, at, office, interaction_kind=InteractionKind.objects.get(code=kind), wording=wording,
            seed=f"alder-{bank.seed}-{number}", delay_minutes=0, sampling_rate=Decimal(bank.size.rate),
            quarantine_days=21, program_quarantine_days=21, max_age_days=3, contact_rules=[_HOUSEHOLD], yearly_cap=8,
            priority=10 * number, keep_clicks=number == 1, questions=FURTHER.get(kind, []),
        )  # fmt: skip
        put_in_force(draft, at, office, second)
    _others(bank, at, office, second)


def put_in_force(draft: ProgramVersion, at: datetime, office: User, second: User) -> None:
    asked = request_approval(version=draft, at=at, by=office)
    decide(approval=asked, granted=True, at=at, by=second)
    publish(version=draft, at=at + timedelta(minutes=1), by=office)
    activate(program=draft.program, at=at + timedelta(minutes=1), by=office)


def _others(bank: Bank, at: datetime, office: User, second: User) -> None:
    """A wave over all customers that waits for a second person, a journey that is a draft, and a program by which
    staff may propose customers."""
    call, talk = (InteractionKind.objects.get(code=code) for code in ("phone-call", "mortgage-talk"))
    settings: dict[str, dict[str, Any]] = {
        "relationship": {"wave_months": 12, "sampling_rate": Decimal("0.5"), "yearly_cap": 4},
        "journey": {
            "interaction_kind": call,
            "ends_with": talk,
            "ends_after_hours": 720,
            "condition": _TROUBLED,
            "contact_rules": [_LATER],
        },
        "manual": {"quota": 20, "max_age_days": 30, "contact_rules": [_ANSWERED]},
    }
    for kind, (name, note, wording) in PLANNED.items():
        program = create_program(code=kind, name=name, kind=kind, at=at, by=office)
        draft = drafted(
            program, at, office, wording=wording, seed=f"alder-{bank.seed}-{kind}", priority=200, **settings[kind]
        )
        if kind == "relationship":
            request_approval(version=draft, at=at, by=office, note=note)
        elif kind == "manual":
            put_in_force(draft, at, office, second)


_TROUBLED: dict[str, Any] = {
    "all": [
        {
            "any": [
                {"filter": "attribute", "value": {"name": "wait_minutes", "op": "gte", "value": 8}},
                {"filter": "previous_category", "value": ["detractor"]},
            ]
        },
        {"not": {"filter": "days_since_asked", "value": {"op": "lt", "value": 60}}},
    ]
}
_HOUSEHOLD = {"since": "asked", "days": 7, "per": "household", "among": "any", "then": "block"}
# within the thirty days after any question, so that the draft's page asks: is this meant?
_LATER = {
    "since": "asked",
    "days": 14,
    "per": "person",
    "among": "any",
    "then": "delay",
}
_ANSWERED = {"since": "answered", "days": 180, "per": "person", "among": "any", "then": "block"}


def drafted(program: Program, at: datetime, office: User, **settings: Any) -> ProgramVersion:
    draft = draft_version(program=program, at=at, by=office)
    settings = {"default_language": "en", **settings}
    for name, value in settings.items():
        setattr(draft, name, value)
    redraft(draft=draft, changed=settings, at=at, by=office)
    return ProgramVersion.objects.select_related("program").get(pk=draft.pk)
