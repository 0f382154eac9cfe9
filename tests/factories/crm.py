"""Rows of crm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

from common.models import User
from crm.models import (
    Account,
    AccountMember,
    Assignment,
    BusinessCalendar,
    ContactPoint,
    Customer,
    Employee,
    Hierarchy,
    Interaction,
    InteractionKind,
    OrgUnit,
    Placement,
    UnitClosure,
)
from crm.models.customers import address_hash

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
_number = count(1)


def calendar(**fields: Any) -> BusinessCalendar:
    return BusinessCalendar.objects.create(**{"code": f"calendar-{next(_number)}", "name": "Weekdays", **fields})


def unit(**fields: Any) -> OrgUnit:
    fields.setdefault("calendar", None)
    fields["calendar"] = fields["calendar"] or calendar()
    return OrgUnit.objects.create(
        **{"source": "crm", "external_id": f"unit-{next(_number)}", "zone": "Europe/London", "name": "Branch", **fields}
    )


def units(*, calendar: BusinessCalendar, **kinds: OrgUnit.Kind) -> list[OrgUnit]:
    """Units of these names and kinds, in one statement."""
    return OrgUnit.objects.bulk_create(
        OrgUnit(
            source="crm", external_id=f"unit-{next(_number)}", zone="Europe/London", calendar=calendar, kind=kind,
            name=name.replace("_", " ").capitalize(),
        )
        for name, kind in kinds.items()
    )  # fmt: skip


def placements(hierarchy: Hierarchy, parents: Mapping[OrgUnit, OrgUnit | None], *, since: date) -> None:
    """A tree that never changed, with its closure. `parents`: unit -> parent."""
    known = DateTimeTZRange(datetime(2020, 1, 1, tzinfo=UTC), None)
    Placement.objects.bulk_create(
        Placement(hierarchy=hierarchy, unit=unit, parent=parent, valid=DateRange(since, None), recorded=known)
        for unit, parent in parents.items()
    )
    closure(hierarchy)


def placement(*, hierarchy: Hierarchy, unit: OrgUnit, parent: OrgUnit | None, since: date) -> Placement:
    return Placement.objects.create(
        hierarchy=hierarchy, unit=unit, parent=parent, valid=DateRange(since, None),
        recorded=DateTimeTZRange(datetime(2020, 1, 1, tzinfo=UTC), None),
    )  # fmt: skip


def closure(hierarchy: Hierarchy) -> None:
    """The closure of a tree that never changed; re-organizations go through crm.services.placing."""
    parents = {p.unit_id: p.parent_id for p in Placement.objects.filter(hierarchy=hierarchy)}
    valid = DateRange(date(2020, 1, 1), None)
    paths = []
    for start in parents:
        node: int | None = start
        depth = 0
        while node is not None:
            path = {"ancestor_id": node, "descendant_id": start, "depth": depth}
            paths.append(UnitClosure(hierarchy=hierarchy, valid=valid, **path))
            node, depth = parents[node], depth + 1
    UnitClosure.objects.bulk_create(paths)


def employee(*, name: str, unit: OrgUnit, role: str, since: date = date(2020, 1, 1), **fields: Any) -> Employee:
    login = f"{name.lower()}-{next(_number)}" if User.objects.filter(username=name.lower()).exists() else name.lower()
    user = User.objects.create_user(login, f"{login}@example.org", "correct horse battery", is_staff=True)
    person = Employee.objects.create(
        **{"source": "hr", "external_id": login, "name": name, "email": user.email, "user": user, **fields}
    )
    assignment(person, unit=unit, role=role, since=since)
    return person


def employees(*places: tuple[str, OrgUnit, str], since: date) -> list[Employee]:
    """People of a name, a unit and a role each, with logins of that name, in a statement per table."""
    users = User.objects.bulk_create(
        User(username=name, email=f"{name}@example.org", password=make_password("correct horse battery"), is_staff=True)
        for name, _, _ in places
    )
    people = Employee.objects.bulk_create(
        Employee(source="hr", external_id=user.username, name=user.username.capitalize(), email=user.email, user=user)
        for user in users
    )
    known = DateTimeTZRange(datetime(2020, 1, 1, tzinfo=UTC), None)
    Assignment.objects.bulk_create(
        Assignment(employee=person, unit=unit, role=role, valid=DateRange(since, None), recorded=known)
        for person, (_, unit, role) in zip(people, places, strict=True)
    )
    return people


def assignment(person: Employee, *, unit: OrgUnit, role: str, since: date = date(2020, 1, 1)) -> Assignment:
    return Assignment.objects.create(
        employee=person, unit=unit, role=role, valid=DateRange(since, None),
        recorded=DateTimeTZRange(datetime(2020, 1, 1, tzinfo=UTC), None),
    )  # fmt: skip


def customer(*, email: str = "", phone: str = "", **fields: Any) -> Customer:
    number = next(_number)
    person = Customer.objects.create(
        **{
            "source": "crm",
            "external_id": f"c-{number}",
            "given_name": "Ines",
            "language": "en",
            "as_of": NOW,
            **fields,
        }
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(
            customer=person, channel=channel, address=address, normalized=address.lower(),
            address_hash=address_hash(channel, address.lower()), preferred=True,
        )
        for channel, address in (("email", email), ("phone", phone)) if address
    )  # fmt: skip
    return person


def account(*, members: Iterable[tuple[Customer, str, int]] = (), **fields: Any) -> Account:
    """`members`: customer, role and weight."""
    row = Account.objects.create(
        **{"source": "crm", "external_id": f"a-{next(_number)}", "name": "Tidewater Mills", "as_of": NOW, **fields}
    )
    row.members.bulk_create(
        AccountMember(account=row, customer=customer, role=role, weight=weight) for customer, role, weight in members
    )
    return row


def interaction_kind(**fields: Any) -> InteractionKind:
    schema = {"wait_minutes": {"type": "integer", "label": "Waiting time"}, "topic": {"type": "string"}}
    return InteractionKind.objects.create(
        **{"code": "branch-visit", "name": "Branch visit", "schema": schema, **fields}
    )


def interaction(*, kind: InteractionKind, customer: Customer, unit: OrgUnit, **fields: Any) -> Interaction:
    at = fields.pop("occurred_at", NOW - timedelta(days=1))
    return Interaction.objects.create(
        **{
            "source": "crm", "external_id": f"i-{next(_number)}", "kind": kind, "customer": customer, "unit": unit,
            "product": "current account", "channel": "branch", "occurred_at": at, "received_at": at, "as_of": at,
            "attributes": {"wait_minutes": 12}, **fields,
        }
    )  # fmt: skip
