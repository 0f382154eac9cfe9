"""The kinds of file that bring organization, customers and what happened."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from crm import money_file_kinds
from crm.attributes import strings_of
from crm.models import Channel, InteractionKind, Purpose
from crm.services.ingesting import ABSENCES, ACCOUNTS, CUSTOMERS, EMPLOYEES, HOLDS, INTERACTIONS, SUPPRESSIONS, UNITS
from crm.services.loading import LoadKind, register
from crm.services.loading.fast.customers import CustomerLane
from crm.services.loading.fast.interactions import InteractionLane
from crm.services.loading.kinds import Item, boolean, integer
from crm.shapes import ADDRESSED

__all__ = ["money_file_kinds"]
ADDRESSES = tuple(str(channel) for channel, _ in ADDRESSED)
CONSENTS = {
    f"consent.{channel}.{purpose}": f"true: allows {purpose.label}, by {channel.label}; false: refuses; empty: unsaid."
    for channel in Channel
    for purpose in Purpose
}
EMPLOYEE_COLUMNS = {
    "unit": "Where they work as of now. Left out: assignments stay as they are.",
    "unit.source": "The source that gave this id. Left out: the file's own.",
    "role": "Left out: employee.",
    "since": "First day in this role there. Left out: today.",
}
CUSTOMER_COLUMNS = {
    "email": "Address. With any of email, sms and phone in the file these are all that a customer has.",
    "sms": "Telephone number for messages, with its country code.",
    "phone": "Telephone number for calls, with its country code.",
    "preferred": "Which of these channels the customer prefers.",
    **CONSENTS,
    "consent_at": "When the consents were said. Left out: as_of.",
    "consent_evidence": "Where and how they were said.",
}

ACCOUNT_COLUMNS = {
    "members": "All of them: id | role | weight; id | role ... Role and weight may be left out. Empty: nobody.",
}


def arrange_employees(items: list[Item], _columns: Collection[str]) -> None:
    """One line, one assignment."""
    for item in items:
        unit, source = item.pop("unit", None), item.pop("unit.source", None)
        said = {"role": item.pop("role", "employee"), "since": item.pop("since", None)}
        if unit:
            place: Any = {"source": source, "external_id": unit} if source else unit
            item["assignments"] = [{"unit": place, **{name: value for name, value in said.items() if value}}]


def column_of_employee(path: str, _item: Item) -> str:
    return path.removeprefix("assignments.0.")


def arrange_customers(items: list[Item], columns: Collection[str]) -> None:
    """Contact points and consents out of their columns."""
    has_addresses = any(channel in columns for channel in ADDRESSES)
    consents = [name for name in columns if name in CONSENTS]
    for item in items:
        given = {channel: item.pop(channel) for channel in ADDRESSES if channel in item}
        preferred = item.pop("preferred", None)
        if preferred and preferred not in ADDRESSES:
            item["preferred"] = preferred  # the shape knows no such field, and says so
        if has_addresses:
            item["contact_points"] = [
                {"channel": channel, "address": address, **({"preferred": True} if channel == preferred else {})}
                for channel, address in given.items()
            ]
        said = {"at": item.pop("consent_at", None), "evidence": item.pop("consent_evidence", None)}
        words = [(name, item.pop(name)) for name in consents if name in item]
        if words:
            item["consents"] = [_consent(name, cell, said) for name, cell in words]


def _consent(column: str, cell: str, said: dict[str, str | None]) -> Item:
    _, channel, purpose = column.split(".")
    known = {name: value for name, value in said.items() if value}
    return {"channel": channel, "purpose": purpose, "granted": boolean(cell), **known}


def column_of_customer(path: str, item: Item) -> str:
    """An address is named by its channel, a consent by its channel and purpose."""
    first, _, rest = path.partition(".")
    number, _, part = rest.partition(".")
    if not number.isdigit():
        return path
    if first == "contact_points":
        return str(item[first][int(number)]["channel"])
    if first == "consents":
        said = item[first][int(number)]
        return f"consent_{part}" if part in {"at", "evidence"} else f"consent.{said['channel']}.{said['purpose']}"
    return path


def column_of_account(path: str, _item: Item) -> str:
    return "members" if path.startswith("members.") else path


def arrange_accounts(items: list[Item], columns: Collection[str]) -> None:
    """Members out of their column."""
    for item in items:
        if "members" in columns:
            item["members"] = [_member(said) for said in item.pop("members", "").split(";") if said.strip()]


def _member(said: str) -> Item:
    names = ("customer", "role", "weight")
    parts = [part.strip() for part in said.split("|", 2)]
    return {name: part for name, part in zip(names, parts, strict=False) if part}


def arrange_interactions(items: list[Item], columns: Collection[str]) -> None:
    """Attributes of the types that the kind of interaction declares."""
    if not any(name.startswith("attributes.") for name in columns):
        return
    codes = {item.get("kind") for item in items}
    schemas = dict(InteractionKind.objects.filter(code__in=codes - {None}).values_list("code", "schema"))
    for item in items:
        schema = schemas.get(item.get("kind", ""), {})
        for name, cell in item.get("attributes", {}).items():
            read = READERS.get(schema.get(name, {}).get("type"))
            if read and isinstance(cell, str):
                item["attributes"][name] = read(cell)


READERS: dict[Any, Callable[[str], Any]] = {"integer": integer, "boolean": boolean, "strings": strings_of}

register(LoadKind(UNITS, "units and where they stand", at_once=True))
register(LoadKind(EMPLOYEES, "employees", extra=EMPLOYEE_COLUMNS, arrange=arrange_employees, column=column_of_employee))
register(LoadKind(ABSENCES, "who is away, and who takes over meanwhile"))
register(LoadKind(HOLDS, "customers whom nobody asks for a while"))
register(LoadKind(SUPPRESSIONS, "addresses that nobody writes to again"))
register(
    LoadKind(
        CUSTOMERS, "customers", extra=CUSTOMER_COLUMNS, arrange=arrange_customers, column=column_of_customer,
        fast=CustomerLane,
    )
)  # fmt: skip
register(
    LoadKind(
        ACCOUNTS, "accounts, households and contracts", extra=ACCOUNT_COLUMNS, arrange=arrange_accounts,
        column=column_of_account,
    )
)  # fmt: skip
register(LoadKind(INTERACTIONS, "interactions", arrange=arrange_interactions, fast=InteractionLane))
