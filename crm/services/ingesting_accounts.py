"""Accounts, households and contracts coming in, with their members; see `ingesting.py`."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from crm.models import Account, AccountMember, Customer
from crm.services.arriving import Arrival, Intake, existing, known, link, write
from crm.services.homing import follow_mergers, home_of
from crm.services.upserting import CREATED, STALE, UNCHANGED, UPDATED, Upsert

HOW = Upsert(Account, content=("name", "kind", "segment", "unit_id", "attributes"), guard="as_of")
NAMES = ("external_id", "name", "kind", "segment", "attributes", "as_of")
Key = tuple[int, int, str]  # account, customer, role


def store(arrivals: list[Arrival], intake: Intake) -> None:
    """Write the accounts in one statement, then make the members of those whose version counts those given."""
    link(arrivals, "unit", intake.units(), intake)
    follow_mergers(arrivals, intake)
    _link_members(arrivals, intake)
    before = existing(Account, arrivals, intake, intake.in_sight)
    ready = [arrival for arrival in arrivals if arrival.open]
    for arrival in ready:
        own = {name: arrival.values[name] for name in NAMES}
        arrival.row |= {"source": intake.source, **own}
    write(HOW, ready, intake, before=before, mine=intake.in_sight, complete=home_of(intake))
    _store_members([a for a in ready if a.status and a.status != STALE and "members" in a.values], intake)


def _link_members(arrivals: list[Arrival], intake: Intake) -> None:
    refs = {said["customer"] for a in arrivals if a.legible for said in a.values.get("members", ())}
    ids = known(intake.in_sight(Customer.objects.all()), refs, intake.source)
    for arrival in arrivals:
        for number, said in enumerate(arrival.values.get("members", ())):
            if said["customer"] not in ids:
                name = said["customer"].external_id
                arrival.refuse(f"members.{number}.customer", f"Unknown customer {name!r}.", "unknown")
            said["customer_id"] = ids.get(said["customer"])


def _store_members(arrivals: list[Arrival], intake: Intake) -> None:
    rows = Account.objects.filter(source=intake.source, external_id__in=[a.external_id for a in arrivals])
    ids = dict(rows.values_list("external_id", "pk"))
    by_id = {ids[str(arrival.external_id)]: arrival for arrival in arrivals}
    wanted = {key: row for pk, arrival in by_id.items() for key, row in _members(pk, arrival)}
    old = [pk for pk, arrival in by_id.items() if arrival.status != CREATED]
    held = {_key(row): row for row in _held(old, intake)}
    changed = [_changed(held[key], row) for key, row in wanted.items() if key in held and _differs(held[key], row)]
    gone = [row.pk for key, row in held.items() if key not in wanted]
    AccountMember.objects.filter(pk__in=gone).delete()
    AccountMember.objects.bulk_create(row for key, row in wanted.items() if key not in held)
    AccountMember.objects.bulk_update(changed, ["weight", "since", "until"])
    touched = {key[0] for key in wanted.keys() ^ held.keys()} | {row.account_id for row in changed}
    for pk in touched:
        if by_id[pk].status == UNCHANGED:
            by_id[pk].status = UPDATED


def _held(accounts: list[int], intake: Intake) -> QuerySet[AccountMember]:
    """What is known of their members within the sender's sight: of others it cannot know whether they are members."""
    seen = intake.in_sight(Customer.objects.all())
    return AccountMember.objects.filter(account__in=accounts, customer__in=seen.values("pk"))


def _members(account: int, arrival: Arrival) -> list[tuple[Key, AccountMember]]:
    rows = [_member(account, said) for said in arrival.values["members"]]
    return [(_key(row), row) for row in rows]


def _member(account: int, said: dict[str, Any]) -> AccountMember:
    own = {name: said[name] for name in ("customer_id", "role", "weight", "since", "until")}
    return AccountMember(account_id=account, **own)


def _key(row: AccountMember) -> Key:
    return row.account_id, row.customer_id, row.role


def _differs(held: AccountMember, said: AccountMember) -> bool:
    return (held.weight, held.since, held.until) != (said.weight, said.since, said.until)


def _changed(held: AccountMember, said: AccountMember) -> AccountMember:
    held.weight, held.since, held.until = said.weight, said.since, said.until
    return held
