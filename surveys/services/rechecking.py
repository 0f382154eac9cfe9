"""The last look before a message leaves: meanwhile people unsubscribe, complain, are on hold, have answered, or were
asked about something else (two of whom were merged since, a household that somebody joined).

One statement for any number of messages, so that a message alone and a hundred thousand of another system's history are
held to the same rule.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from common.prepared import prepared_cursor
from crm.models import Hold, Suppression
from surveys.contact_rules import YEAR
from surveys.models import Message, ProgramVersion
from surveys.services import rechecking_sql as sql
from surveys.services.reminding.signs_sql import WORDS as SIGNS

_WORDS = SIGNS | {
    "": "",
    "program": "the program was switched off",
    "early": "the program has not begun",
    "over": "the program has ended",
    "erased": "the customer's data were erased",
    "hold": "on hold: {hold}",
    "address": "the address is not usable any more",
    "refused": "the customer refused to be asked",
    "suppressed": "the address is suppressed: {suppression}",
    "asked person": "asked recently about something else",
    "asked household": "somebody of the household was asked recently",
    "asked account": "somebody of the account was asked recently",
    "answered person": "answered recently",
    "answered household": "somebody of the household answered recently",
    "answered account": "somebody of the account answered recently",
    "bounced person": "a message to the customer bounced recently",
    "bounced household": "a message to somebody of the household bounced recently",
    "bounced account": "a message to somebody of the account bounced recently",
    "capped": "asked as often as a year allows",
}


def objection(*, message: Message, at: datetime) -> str:
    """Why `message` must not leave at `at`; empty if nothing speaks against it.

    Call it in the transaction that begins the sending. Until that ends others wait who look at a message to the same
    person or mailbox (or account, where a rule of either looks there). Then they see that it is being sent, which
    counts as asked: nobody knows yet how it ends, and a lost answer counts as well.
    """
    version, held = message.invitation.version, set[int]()
    statement = sql.LOOK if version.contact_rules or version.yearly_cap is not None else sql.LOOK_BY_TWO
    statement = statement if message.kind == Message.Kind.ASK else sql.LOOK_AT_REMINDER
    values = _times(at) | {"message": message.pk}
    while True:
        held |= _hold(message, version)
        with prepared_cursor() as cursor:
            cursor.execute(statement, values)
            [(_, why, hold, suppression, rows)] = cursor.fetchall()
        if held.issuperset(rows):  # else somebody merged them while we waited
            return _words(why, hold, suppression)


def objections(*, messages: Collection[int], at: datetime) -> dict[int, str]:
    """{message: why it must not leave at `at`}, for those of `messages` (ids) that something speaks against."""
    with connection.cursor() as cursor:
        cursor.execute(sql.LOOK_AT_MANY, _times(at) | {"messages": list(messages)})
        return {pk: _words(why, hold, suppression) for pk, why, hold, suppression, _ in cursor.fetchall() if why}


def _times(at: datetime) -> dict[str, Any]:
    return {"at": at, "today": at.astimezone(UTC).date(), "year_ago": at - YEAR}


def _hold(message: Message, version: ProgramVersion) -> set[int]:
    """Keep others from looking at whom the message concerns; the rows of the person."""
    point = message.contact_point
    values = {
        "customer": message.invitation.customer_id,
        "address": point.address_hash if point else None,
        "alone": any(rule["per"] != "person" for rule in version.contact_rules),
    }
    with prepared_cursor() as cursor:
        cursor.execute(sql.HOLD, values)
        return set(cursor.fetchone()[0])


def _words(why: str | None, hold: str | None, suppression: str | None) -> str:
    return _WORDS[why or ""].format(
        hold=Hold.Kind(hold).label if hold else "",
        suppression=Suppression.Reason(suppression).label if suppression else "",
    )
