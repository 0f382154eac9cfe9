"""Giving an offer to everybody of whom its condition is true: one statement, whatever their number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from common.conditions import compile_condition
from common.models import Event
from common.sql import named_sql
from crm.filters import CustomerFilter
from crm.models import Customer, Offer

# the draw of crm/holdouts.py: eight bytes as an unsigned number (bigint is signed), held against share x 2**64
_ASSIGN = """
INSERT INTO crm_customeroffer (source, external_id, customer_id, offer_id, arm, assigned_at, as_of)
SELECT %(source)s, CASE WHEN c.source = %(source)s THEN '' ELSE c.source || '/' END || c.external_id || '|' || %(code)s,
       c.id, %(offer)s,
       CASE WHEN CASE WHEN n < 0 THEN n + 18446744073709551616 ELSE n END < %(holdout)s * 18446744073709551616
            THEN 'held_out' ELSE 'offered' END,
       %(at)s, %(at)s
FROM ({who}) who(id) JOIN crm_customer c ON c.id = who.id, LATERAL (
    SELECT ('x' || encode(substring(sha256(convert_to(
        %(seed)s || ':' || %(code)s || ':' || c.source || '/' || c.external_id, 'UTF8'
    )) FROM 1 FOR 8), 'hex'))::bit(64)::bigint::numeric AS n
) drawn
ON CONFLICT DO NOTHING
"""


@transaction.atomic
def assign(*, offer: Offer, at: datetime) -> int:
    """Give `offer` to the customers of its condition who do not have it yet; how many. Nobody loses it or changes arm:
    a condition that came to mean others would otherwise change who is compared with whom."""
    if offer.condition is None or not offer.active:
        return 0
    list(Offer.objects.filter(pk=offer.pk).select_for_update(no_key=True).values("pk"))  # lists of customers wait
    true_of = compile_condition(offer.condition, CustomerFilter)
    who, values = named_sql(Customer.objects.filter(true_of, erased_at=None, canonical=None).values("pk"), "who")
    given: dict[str, Any] = {"source": offer.source, "code": offer.external_id, "offer": offer.pk, "seed": offer.seed}
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGN.format(who=who), {**given, **values, "holdout": offer.holdout, "at": at})
        number = int(cursor.rowcount)
    if number:
        Event.objects.record("offer.assigned", subject=offer, at=at, customers=number)
    return number


def assign_all(*, at: datetime) -> int:
    """The same for every offer in force that has a condition: new customers come every day."""
    offers = Offer.objects.in_force(at.date()).filter(~Q(condition=None))
    return sum([assign(offer=offer, at=at) for offer in offers])
