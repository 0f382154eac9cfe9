"""Customers coming in, with their contact points and consents; see `ingesting.py`."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from crm.models import ContactPoint, Customer, Origin
from crm.models.customers import address_hash
from crm.services.arriving import AHEAD, Arrival, Intake, existing, link, write
from crm.services.consenting import Said, say_each
from crm.services.homing import follow_mergers, home_of
from crm.services.upserting import CREATED, STALE, UNCHANGED, UPDATED, Upsert

HOW = Upsert(
    Customer,
    content=("given_name", "family_name", "language", "zone", "segment", "unit_id", "attributes"),
    guard="as_of",
)
NAMES = ("external_id", "given_name", "family_name", "language", "zone", "segment", "attributes", "as_of")


def store(arrivals: list[Arrival], intake: Intake) -> None:
    """Write the customers in one statement, then what belongs to them: words on consent, and
    the contact points of those whose version counts. Their rows are locked by
    then, so that senders of the same customer take turns."""
    link(arrivals, "unit", intake.units(), intake)
    follow_mergers(arrivals, intake)
    _refuse_words_of_tomorrow(arrivals, intake)
    before = existing(Customer, arrivals, intake, intake.in_sight)
    for arrival in arrivals:
        if arrival.external_id in before and before[arrival.external_id].erased_at:
            arrival.refuse("external_id", "This customer was erased and does not come back.", "erased")
    ready = [arrival for arrival in arrivals if arrival.open]
    for arrival in ready:
        own = {name: arrival.values[name] for name in NAMES}
        arrival.row |= {"source": intake.source, **own}
    write(HOW, ready, intake, before=before, mine=intake.in_sight, complete=home_of(intake))
    _store_belongings([arrival for arrival in ready if arrival.status], intake)


def _refuse_words_of_tomorrow(arrivals: list[Arrival], intake: Intake) -> None:
    """The latest word counts: no refusal would be heard until that day."""
    for arrival in arrivals:
        for number, said in enumerate(arrival.values.get("consents", ())):
            if said.get("at", intake.at) > intake.at + AHEAD:
                arrival.refuse(f"consents.{number}.at", "This lies in the future.", "future")


def _store_belongings(arrivals: list[Arrival], intake: Intake) -> None:
    rows = Customer.objects.filter(source=intake.source, external_id__in=[a.external_id for a in arrivals])
    ids = dict(rows.values_list("external_id", "pk"))
    by_id = {ids[str(arrival.external_id)]: arrival for arrival in arrivals}
    newest = {pk: arrival for pk, arrival in by_id.items() if arrival.status != STALE}
    for customer in _store_contact_points(newest) | _store_consents(by_id, intake):  # words are dated by themselves
        if by_id[customer].status == UNCHANGED:
            by_id[customer].status = UPDATED


Wanted = dict[tuple[int, str, str], dict[str, Any]]  # by customer (id), channel and normalized address


def _store_contact_points(arrivals: dict[int, Arrival]) -> set[int]:
    """Make the contact points those given; the ones that stay keep what is known about them. Returns who changed."""
    given = {pk: a.values["contact_points"] for pk, a in arrivals.items() if "contact_points" in a.values}
    old = [pk for pk in given if arrivals[pk].status != CREATED]
    held = {(p.customer_id, p.channel, p.normalized): p for p in ContactPoint.objects.filter(customer__in=old)}
    told = {(pk, p["channel"], p["normalized"]): p for pk, points in given.items() for p in points}
    wanted = _as_chosen(told, held)
    gone = [point.pk for key, point in held.items() if key not in wanted and not _ours(point)]
    new = {key: point for key, point in wanted.items() if key not in held}
    changed = [held[key] for key, point in wanted.items() if key in held and _differs(held[key], point)]
    for point in changed:
        said = wanted[point.customer_id, point.channel, point.normalized]
        point.address, point.preferred = said["address"], said["preferred"]
    ContactPoint.objects.filter(pk__in=gone).delete()
    _add_contact_points(new)
    ContactPoint.objects.bulk_update(changed, ["address", "preferred"])
    touched = {key[0] for key, point in held.items() if point.pk in gone}
    return touched | {customer for customer, _, _ in new} | {point.customer_id for point in changed}


def _as_chosen(given: Wanted, held: dict[tuple[int, str, str], ContactPoint]) -> Wanted:
    """`given`, but where customers themselves chose which address goes first, and it is still among those given, that
    one does, whatever the source says."""
    chosen = {(p.customer_id, p.channel): p.normalized for key, p in held.items() if p.chosen_at and key in given}
    if not chosen:
        return given
    return {
        key: {**point, "preferred": point["normalized"] == chosen[key[:2]]} if key[:2] in chosen else point
        for key, point in given.items()
    }


_ADD = """
INSERT INTO crm_contactpoint AS old
    (customer_id, channel, normalized, address, preferred, address_hash, unusable_why)
SELECT customer, channel, normalized, address, preferred, address_hash, '' FROM jsonb_to_recordset(%s)
    AS t(customer bigint, channel text, normalized text, address text, preferred boolean, address_hash text)
ON CONFLICT (customer_id, channel, normalized) DO UPDATE  -- a person entered it meanwhile
SET address = excluded.address, preferred = excluded.preferred OR old.chosen_at IS NOT NULL
"""


def _add_contact_points(new: dict[tuple[int, str, str], dict[str, Any]]) -> None:
    rows = [
        {"customer": customer, **said, "address_hash": address_hash(channel, normalized)}
        for (customer, channel, normalized), said in new.items()
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [json.dumps(rows)])


def _ours(held: ContactPoint) -> bool:
    """A person here entered it, or said that it does not work: that is not the source's to forget."""
    return held.entered_at is not None or held.unusable_by_id is not None


def _differs(held: ContactPoint, said: dict[str, Any]) -> bool:
    return (held.address, held.preferred) != (said["address"], said["preferred"])


def told_by(intake: Intake) -> dict[str, Any]:
    """What is known of every word that comes in by this intake."""
    return {"origin": Origin.IMPORT, "source": intake.source, "recorded_at": intake.at}


def _store_consents(arrivals: dict[int, Arrival], intake: Intake) -> set[int]:
    """The latest word on each purpose and channel counts, whatever the order. Returns whose consent changed."""
    return say_each(
        Said(
            customer, **{"at": arrival.values["as_of"], **told_by(intake), **said}, dated=arrival.dated or "at" in said
        )
        for customer, arrival in arrivals.items()
        for said in arrival.values.get("consents", ())
    )
