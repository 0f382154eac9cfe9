"""Addresses that must not be written to again, whoever has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from common.models import Event, User
from crm.models import LiftedSuppression, Suppression
from crm.models.customers import address_hash

# The first reason stays, but for an unsubscription: a graver one takes its place, which no wish to be asked lifts.
_SUPPRESS = """
INSERT INTO crm_suppression AS old (channel, address_hash, reason, at, evidence)
SELECT channel, address_hash, reason, at, evidence
FROM jsonb_to_recordset(%(rows)s) AS t(channel text, address_hash text, reason text, at timestamptz, evidence text)
ORDER BY channel, address_hash
ON CONFLICT (channel, address_hash)
DO UPDATE SET reason = excluded.reason, at = excluded.at, evidence = excluded.evidence
WHERE old.reason = 'unsubscribed' AND excluded.reason <> 'unsubscribed'
RETURNING id, channel, address_hash, reason, xmax = 0
"""


@transaction.atomic
def suppress_each(
    *, addresses: Mapping[str, str], reason: str, at: datetime, evidence: str = "", by: User | None = None
) -> None:
    """Never write to these addresses again: `addresses` is {address_hash: channel}, a hash is of one channel."""
    said = {"reason": reason, "at": at.isoformat(), "evidence": evidence[:300]}
    rows = [{"address_hash": hashed, "channel": channel, **said} for hashed, channel in addresses.items()]
    suppress_rows(rows, at=at, by=by)


@transaction.atomic
def suppress_rows(
    rows: Sequence[Mapping[str, str]], *, at: datetime, by: User | None = None, told: bool = True
) -> dict[tuple[str, str], bool]:
    """The same for rows with a `reason`, an `at` (as text) and an `evidence` of their own, no address twice. Returns
    {(channel, address_hash): is it new} of those that changed. `told`: with an Event for each."""
    with connection.cursor() as cursor:
        cursor.execute(_SUPPRESS, {"rows": json.dumps(rows)})
        suppressed = cursor.fetchall()
    news: dict[Model, dict[str, Any]] = {
        Suppression(pk=pk): {"channel": channel, "reason": reason} for pk, channel, _, reason, _ in suppressed
    }
    if told:
        Event.objects.record_each("address.suppressed", news, by=by, at=at)
    return {(channel, hashed): new for _, channel, hashed, _, new in suppressed}


def suppress(
    *, channel: str, normalized: str, reason: str, at: datetime, evidence: str = "", by: User | None = None
) -> Suppression:
    """The same for one address; returns the row, with the reason that counts."""
    hashed = address_hash(channel, normalized)
    suppress_each(addresses={hashed: channel}, reason=reason, at=at, evidence=evidence, by=by)
    return Suppression.objects.get(channel=channel, address_hash=hashed)


@transaction.atomic
def lift(*, suppression: Suppression, why: str, at: datetime, by: User | None = None) -> LiftedSuppression | None:
    """The address may be written to again, as far as this goes; what was, who lifted it and why is kept. None if it
    was lifted before. A refusal of the customer's stays a refusal."""
    row = Suppression.objects.select_for_update().filter(pk=suppression.pk).first()
    if row is None:
        return None
    was = {name: getattr(row, name) for name in ("channel", "address_hash", "reason", "at", "evidence")}
    kept = LiftedSuppression.objects.create(**was, lifted_at=at, lifted_by=by, lifted_why=why[:300])
    Event.objects.record(
        "address.released", subject=row, by=by, at=at, channel=row.channel, reason=row.reason, lifted=kept.pk
    )
    row.delete()
    return kept
