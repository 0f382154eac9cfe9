"""Addresses that must not be written to again, whoever has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
SELECT channel, address_hash, %(reason)s, %(at)s, %(evidence)s
FROM jsonb_to_recordset(%(addresses)s) AS t(channel text, address_hash text) ORDER BY channel, address_hash
ON CONFLICT (channel, address_hash)
DO UPDATE SET reason = excluded.reason, at = excluded.at, evidence = excluded.evidence
WHERE old.reason = 'unsubscribed' AND excluded.reason <> 'unsubscribed'
RETURNING id, channel
"""


@transaction.atomic
def suppress_each(
    *, addresses: Mapping[str, str], reason: str, at: datetime, evidence: str = "", by: User | None = None
) -> None:
    """Never write to these addresses again: `addresses` is {address_hash: channel}, a hash is of one channel."""
    rows = [{"address_hash": hashed, "channel": channel} for hashed, channel in addresses.items()]
    values: dict[str, Any] = {"addresses": json.dumps(rows), "reason": reason, "at": at, "evidence": evidence[:300]}
    with connection.cursor() as cursor:
        cursor.execute(_SUPPRESS, values)
        suppressed = cursor.fetchall()
    news: dict[Model, dict[str, Any]] = {
        Suppression(pk=pk): {"channel": channel, "reason": reason} for pk, channel in suppressed
    }
    Event.objects.record_each("address.suppressed", news, by=by, at=at)


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
