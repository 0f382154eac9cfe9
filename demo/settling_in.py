"""The bank as it stands before its first simulated day: units, people, customers, programs, rules; by the services."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password

from closedloop.models import AlertRule, AuthorityLimit, RecoveryStudy
from closedloop.services.starting import set_up_defaults
from common.models import User
from crm.models import ApiKey, BusinessCalendar, Employee, InteractionKind, OrgUnit
from crm.models.api_keys import SCOPES
from crm.services.ingesting import ingest_employees, ingest_units
from demo.company.bank import SOURCE, Bank
from demo.items import employee_item, unit_item
from demo.programs import set_up_programs
from demo.systems import describe
from demo.topics import set_up_topics

PASSWORD = "shopkeeper-demo"  # of every login of the simulated bank
CHUNK = 1000
CALENDARS: tuple[dict[str, Any], ...] = (
    {
        "code": "england",
        "name": "Branches in England",
        "country": "GB",
        "subdivision": "ENG",
        "week": {day: [["09:00", "17:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
        | {"saturday": [["09:00", "12:30"]]},
    },
    {
        "code": "france",
        "name": "Agences en France",
        "country": "FR",
        "week": {
            day: [["09:00", "12:30"], ["13:30", "18:00"]]
            for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
        },
    },
)
_CUT = {"dimension": True}
_WAIT = {"wait_minutes": {"type": "integer", "label": "Waiting time in minutes", "steps": [5, 10, 20, 40], **_CUT}}
KINDS: tuple[dict[str, Any], ...] = (
    {
        "code": "branch-visit",
        "name": "Branch visit",
        "schema": _WAIT | {"reason": {"type": "string", "label": "Reason", **_CUT}},
    },
    {
        "code": "phone-call",
        "name": "Phone call",
        "schema": _WAIT | {"resolved": {"type": "boolean", "label": "Settled in the call", **_CUT}},
    },
    {
        "code": "mortgage-talk",
        "name": "Mortgage talk",
        "schema": {
            "duration_minutes": {"type": "integer", "label": "Minutes", **_CUT},
            "amount": {"type": "decimal", "label": "Amount asked for", **_CUT},
        },
    },
)


LIMITS = {"employee": 75, "branch": 100, "region": 500, "executive": 5000}  # a ticket; above what managers spend by lot
CURRENCIES = ("GBP", "EUR")


class NotAccepted(Exception):
    """The house refused rows of its own demo."""


def settle_in(bank: Bank, *, at: datetime) -> str:
    """Everything but the customers and history; returns the secret of the API key that the living part uses."""
    for calendar in CALENDARS:
        BusinessCalendar.objects.create(**calendar)
    for kind in KINDS:
        InteractionKind.objects.create(**kind)
    accepted(ingest_units([unit_item(unit, unit.parent) for unit in bank.units], source=SOURCE, at=at))
    for start in range(0, len(bank.employees), CHUNK):
        items = [employee_item(person, person.unit) for person in bank.employees[start : start + CHUNK]]
        accepted(ingest_employees(items, source=SOURCE, at=at))
    _logins(bank)
    set_up_defaults()
    AlertRule.objects.update(waits=False)  # who tries it out on a Sunday sees the mail arrive
    describe(at=at)
    set_up_programs(bank, at)
    set_up_topics(bank, at)
    head = OrgUnit.objects.get(source=SOURCE, external_id="HQ")
    _limits(head)
    _study(bank, at)
    return ApiKey.issue(name="Core banking", source=SOURCE, scopes=list(SCOPES), unit=head, at=at)[1]


def accepted(results: list[Any]) -> int:
    """How many came in; any refusal is a fault of the demo and ends it."""
    refused = [result for result in results if result.status == "rejected"]
    if refused:
        raise NotAccepted(f"{len(refused)} of {len(results)} rows: {refused[0]}")
    return len(results)


def _limits(head: OrgUnit) -> None:
    """What each role may spend on a ticket without a second person, everywhere."""
    for role, amount in LIMITS.items():
        for currency in CURRENCIES:
            AuthorityLimit.objects.create(role=role, unit=head, currency=currency, amount=amount)


def _study(bank: Bank, at: datetime) -> None:
    """One unhappy customer in ten is not called, by lot, unless they ring. Calls change nothing in how anybody of this
    bank feels: the page of recovery must find no effect."""
    study = RecoveryStudy.objects.create(
        code="calls", name="Does a call help?", seed=f"alder-{bank.seed}", share=Decimal("0.1"), since=at,
        until=at + timedelta(days=bank.size.days + 90), call_cost=Decimal("4.50"), currency="GBP",
        agreed_with="The board and the customers' council", agreed_on=at.date(),
    )  # fmt: skip
    study.contact_kinds.set(InteractionKind.objects.filter(code="phone-call"))


def _logins(bank: Bank) -> None:
    """A login for everybody; the head office, regions and branch managers may also open the console."""
    secret = make_password(PASSWORD)
    people = {person.code: person for person in bank.employees}
    User.objects.create_superuser("admin", "admin@alderbank.example", PASSWORD)
    rows = Employee.objects.filter(source=SOURCE)
    users = {
        row.pk: User(
            username=people[row.external_id].login, email=row.email, password=secret,
            first_name=row.name.split()[0], last_name=" ".join(row.name.split()[1:]),
            is_staff=people[row.external_id].role != "employee",
        )
        for row in rows
    }  # fmt: skip
    User.objects.bulk_create(users.values(), batch_size=CHUNK)
    for row in rows:
        row.user = users[row.pk]
    Employee.objects.bulk_update(rows, ["user"], batch_size=CHUNK)
