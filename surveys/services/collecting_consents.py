"""Permissions that came with answers collected elsewhere, with their evidence: checked in sets, kept as words on
consent of the customer (crm) and beside the answer, as if they had been given here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from crm.models import Channel, OrgUnit, Origin, Purpose
from crm.services.arriving import Arrival, Intake
from crm.services.consenting import Said, say_each
from surveys.models import Answer, Response
from surveys.services.answering import AnswerRefused
from surveys.services.permitting import callable_number, phones_on_file

CHANNELS = {Purpose.CALLBACK: Channel.PHONE, Purpose.QUOTE: Channel.EMAIL, Purpose.FORWARD: Channel.EMAIL}
COLUMNS = {Purpose.CALLBACK: "callback", Purpose.QUOTE: "may_quote", Purpose.FORWARD: "may_forward"}
# of a further question no code has an underscore, so the two never meet among the steps of an answer
STEPS = {"callback": "callback", "may_quote": "quote", "may_forward": "may_forward"}
NO_NUMBER = "Give a phone number: of this customer we have none that we can call."
PERMITTED = ("callback", "callback_phone", "callback_time", "may_quote", "may_forward")


def take_consents(arrivals: Sequence[Arrival], intake: Intake) -> None:
    """Shape the `consents` of each item, whose references are known by now, into columns of its answer; refuse what
    cannot be kept. Two queries more where any item allows a call."""
    bring = [arrival for arrival in arrivals if arrival.legible and arrival.values.get("consents")]
    for arrival in bring:
        _check(arrival, intake)
    calls = [arrival for arrival in bring if not arrival.errors and _call(arrival).get("granted")]
    countries = dict(
        OrgUnit.objects.filter(pk__in={one.row["unit_id"] for one in calls}).values_list("pk", "calendar__country")
    )
    on_file: dict[int, str] = {}
    for point in phones_on_file({one.row["customer_id"] for one in calls}):
        on_file.setdefault(point.customer_id, point.normalized)
    for arrival in calls:
        written = _call(arrival).get("phone") or on_file.get(arrival.row["customer_id"], "")
        _take_number(arrival, written, countries.get(arrival.row["unit_id"], ""))


def _check(arrival: Arrival, intake: Intake) -> None:
    if not arrival.values.get("customer"):
        arrival.refuse("customer", "Say whose permission it is.", "required")
    for number, said in enumerate(arrival.values["consents"]):
        column = COLUMNS[said["purpose"]]
        if said.get("at", intake.at) > intake.at:
            arrival.refuse(f"consents.{number}.at", "This lies in the future.", "future")
        if arrival.row.get(column) not in {None, said["granted"]}:
            arrival.refuse(f"consents.{number}.granted", "The answer to the further question says the contrary.")
        arrival.row[column] = said["granted"]


def _call(arrival: Arrival) -> dict[str, Any]:
    """What was said about being called, if anything was."""
    return next((said for said in arrival.values["consents"] if said["purpose"] == Purpose.CALLBACK), {})


def _take_number(arrival: Arrival, written: str, country: str) -> None:
    try:
        called = callable_number(written, country=country)
    except AnswerRefused:
        number = [said["purpose"] for said in arrival.values["consents"]].index(Purpose.CALLBACK)
        why = "This is not a phone number that we can call." if _call(arrival).get("phone") else NO_NUMBER
        arrival.refuse(f"consents.{number}.phone", why)
        return
    arrival.row |= {"callback_phone": called, "callback_time": _call(arrival).get("best_time") or "any"}


def keep_consents(arrivals: Iterable[Arrival], intake: Intake) -> None:
    """The words of answers that were stored just now, each with its evidence: what the customer is asked and called by
    from now on. An older word than the last one changes nothing."""
    say_each(
        Said(
            arrival.row["customer_id"], CHANNELS[said["purpose"]], said["purpose"], said["granted"],
            said.get("at", arrival.values["answered_at"]), said["evidence"], said.get("origin", Origin.IMPORT),
            said["wording"], intake.source, said["taken_by"], recorded_at=intake.at,
        )
        for arrival in arrivals
        for said in arrival.values.get("consents", ())
    )  # fmt: skip


def permission_steps(row: Response) -> list[tuple[str, Any]]:
    """Permissions of a new row as steps of the answer; what a further question asked is a step of its own already."""
    call = {"callback": row.callback, "phone": row.callback_phone, "time": row.callback_time}
    found: list[tuple[str, Any]] = [] if row.callback is None else [(STEPS["callback"], call)]
    if row.may_quote is not None:
        found.append((STEPS["may_quote"], row.may_quote))
    if row.may_forward is not None and not any(said is row.may_forward for said in (row.further or {}).values()):
        found.append((STEPS["may_forward"], row.may_forward))
    return found


def permissions_sent(rows: Iterable[Response]) -> dict[int, dict[str, Any]]:
    """By answer (id) what came with it, whatever the customer said since."""
    found: dict[int, dict[str, Any]] = {}
    told = Answer.objects.filter(response__in=[row.pk for row in rows], revision=1, question__in=STEPS.values())
    for response, question, value in told.values_list("response", "question", "value"):
        found.setdefault(response, {})[question] = value
    return found
