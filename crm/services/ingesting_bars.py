"""Lists of whom nobody asks coming in: holds, and addresses that nobody writes to again; see `ingesting.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model

from common.api.errors import wrong
from common.models import Event
from crm.models import ApiKey, Customer, Hold
from crm.services.arriving import AHEAD, Arrival, Intake, link
from crm.services.holding import RAN_OUT, cause_of
from crm.services.suppressing import suppress_rows
from crm.services.upserting import CREATED, UNCHANGED, UPDATED

Key = tuple[int, str, str]  # customer, kind, cause


def store_holds(arrivals: list[Arrival], intake: Intake) -> None:
    """Hold the customers. Held for the same cause already: the hold stands; one that has run out makes room."""
    link(arrivals, "customer", intake.in_sight(Customer.objects.filter(erased_at=None)), intake)
    for arrival in arrivals:
        if arrival.legible and (until := arrival.values["until"]) and until <= intake.at:
            arrival.refuse("until", "This lies in the past.", "past")
    ready = [(_key(arrival, intake), arrival) for arrival in arrivals if arrival.open]
    held = _held({key for key, _ in ready}, intake)
    news: list[Hold] = []
    for key, arrival in ready:
        if key not in held:
            held.add(key)
            news.append(_hold(key, arrival, intake))
    standing = _set(news)
    _tell(standing, intake)
    ours = {(row.customer_id, row.kind, row.cause) for row in standing}
    for key, arrival in ready:
        arrival.status = CREATED if key in ours else UNCHANGED
        ours.discard(key)


def _key(arrival: Arrival, intake: Intake) -> Key:
    """The cause is written as where one customer is held (`crm/api/permits.py`), so that either finds the other's."""
    values, where = arrival.values, intake.source[:30]
    told = values["cause"]
    cause = f"{where}:{told}" if told else cause_of(where, why=values["why"], until=values["until"])
    return arrival.row["customer_id"], values["kind"], cause


def _held(keys: set[Key], intake: Intake) -> set[Key]:
    """Those of `keys` under which somebody is held. The customers are locked, so that lists take turns."""
    customers = {customer for customer, _, _ in keys}
    list(Customer.objects.filter(pk__in=customers).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    rows = Hold.objects.filter(customer__in=customers, cause__in={cause for _, _, cause in keys}, released_at=None)
    for over in rows.run_out(intake.at).select_related("customer"):
        over.release(at=intake.at, why=RAN_OUT)
    return keys.intersection(rows.values_list("customer_id", "kind", "cause"))


def _hold(key: Key, arrival: Arrival, intake: Intake) -> Hold:
    customer, kind, cause = key
    said = {"why": arrival.values["why"], "until": arrival.values["until"]}
    return Hold(customer_id=customer, kind=kind, cause=cause, since=intake.at, **said)


def _set(news: Sequence[Hold]) -> list[Hold]:
    """Store them; those of `news` that stand. Who holds one customer by itself waits for no list, and of two holds for
    one cause the first stands."""
    Hold.objects.bulk_create(news, ignore_conflicts=True)
    ids = [row.public_id for row in news]
    stand = set(Hold.objects.filter(public_id__in=ids).values_list("public_id", flat=True)) if ids else set()
    return [row for row in news if row.public_id in stand]


def _tell(news: Sequence[Hold], intake: Intake) -> None:
    """An Event for each, of which others are told; a customer of several holds is told of in turns."""
    via = {"via": f"apikey:{intake.principal.pk}"} if isinstance(intake.principal, ApiKey) else {}
    turns: list[dict[Model, dict[str, Any]]] = []
    for row in news:
        about = Customer(pk=row.customer_id)
        turn = next((each for each in turns if about not in each), None)
        if turn is None:
            turns.append(turn := {})
        turn[about] = {"kind": row.kind, "cause": row.cause, **via}
    for turn in turns:
        Event.objects.record_each("customer.held", turn, at=intake.at)


def store_suppressions(arrivals: list[Arrival], intake: Intake) -> None:
    """Never write to these addresses again, whoever has them. A list leaves the Event of its load."""
    speaks_for_all = intake.speaks_for_all()
    for arrival in arrivals:
        if not speaks_for_all:
            whose = "Addresses are suppressed for the whole company: this key belongs to a part."
            arrival.errors.append(wrong(None, whose, "out_of_scope"))
        elif arrival.legible and arrival.values.get("at", intake.at) > intake.at + AHEAD:
            arrival.refuse("at", "This lies in the future.", "future")
    ready = {
        (arrival.values["channel"], arrival.values["address_hash"]): arrival for arrival in arrivals if arrival.open
    }
    rows = [_row(arrival, intake) for arrival in ready.values()]
    changed = suppress_rows(rows, at=intake.at, told=intake.load is None) if rows else {}
    for address, arrival in ready.items():
        new = changed.get(address)
        arrival.status = UNCHANGED if new is None else CREATED if new else UPDATED


def _row(arrival: Arrival, intake: Intake) -> dict[str, Any]:
    values = arrival.values
    at, evidence = values.get("at", intake.at), values["evidence"] or f"sent by {intake.source}"
    said = {name: values[name] for name in ("channel", "address_hash", "reason")}
    return {**said, "at": at.isoformat(), "evidence": evidence}
