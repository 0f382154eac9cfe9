"""What customers allow and refuse."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q, Subquery

from common.hearing import is_heard
from common.models import User
from crm.models import Consent, ContactPoint, Customer, Origin, Purpose, Suppression
from crm.services.suppressing import suppress

Words = dict[tuple[str, str], Consent]  # by channel and purpose


class Said(NamedTuple):
    """One word of a customer (by id) on a channel for a purpose, with its evidence: how it reached us (`Origin`), to
    which version of our words, told by which source, taken by whom; `recorded_at`: when we came to know, if later."""

    customer: int
    channel: str
    purpose: str
    granted: bool
    at: datetime
    evidence: str = ""
    origin: str = ""
    wording: str = ""
    source: str = ""
    taken_by: str = ""
    by: int | None = None
    recorded_at: datetime | None = None
    dated: bool = True


# Every word is kept as it was said. For asking the latest counts; an older one changes nothing, and of words of one
# moment the no counts, in whichever order they come. The same word again is no news, but its time counts: said by one
# of several rows of a person it may be the last of all. What a source repeats without a moment was not said again. What
# is another word than before leaves an Event, at the moment when we came to know.
_SAY = """
WITH told AS (
    SELECT * FROM jsonb_to_recordset(%(words)s)
    AS t(customer bigint, channel text, purpose text, granted boolean, at timestamptz, evidence text, origin text,
         wording text, source text, taken_by text, "by" bigint, recorded_at timestamptz, dated boolean)
),
said AS (
    SELECT * FROM told t WHERE dated OR NOT EXISTS (
        SELECT FROM (
            SELECT granted, evidence, wording FROM crm_consentword w
            WHERE (w.customer_id, w.channel, w.purpose, w.source) = (t.customer, t.channel, t.purpose, t.source)
            ORDER BY w.at DESC, w.granted LIMIT 1
        ) last WHERE (last.granted, last.evidence, last.wording) = (t.granted, t.evidence, t.wording)
    )
),
kept AS (
    INSERT INTO crm_consentword (customer_id, channel, purpose, granted, at, recorded_at, origin, wording, source,
                                 taken_by, by_id, evidence)
    SELECT customer, channel, purpose, granted, at, recorded_at, origin, wording, source, taken_by, "by", evidence
    FROM said ORDER BY customer, channel, purpose
    ON CONFLICT (customer_id, channel, purpose, at, granted) DO NOTHING
),
before AS (
    SELECT c.customer_id, c.channel, c.purpose, c.granted FROM said s
    JOIN crm_consent c ON (c.customer_id, c.channel, c.purpose) = (s.customer, s.channel, s.purpose)
),
written AS (
    INSERT INTO crm_consent AS old (customer_id, channel, purpose, granted, at, evidence)
    SELECT customer, channel, purpose, granted, at, evidence FROM said ORDER BY customer, channel, purpose
    ON CONFLICT (customer_id, channel, purpose)
    DO UPDATE SET granted = excluded.granted, at = excluded.at, evidence = excluded.evidence
    WHERE old.at < excluded.at OR (old.at = excluded.at AND old.granted AND NOT excluded.granted)
    RETURNING customer_id, channel, purpose, granted
),
events AS (
    INSERT INTO common_event (what, subject_kind, subject_id, by_id, at, data, dispatched_at)
    SELECT CASE WHEN w.granted THEN 'consent.granted' ELSE 'consent.refused' END, 'crm.customer', w.customer_id::text,
        s."by", s.recorded_at, jsonb_build_object('channel', w.channel, 'purpose', w.purpose),
        CASE WHEN NOT (CASE WHEN w.granted THEN %(granted_is_heard)s ELSE %(refused_is_heard)s END)
        THEN s.recorded_at END
    FROM written w
    JOIN said s ON (s.customer, s.channel, s.purpose) = (w.customer_id, w.channel, w.purpose)
    LEFT JOIN before b ON (b.customer_id, b.channel, b.purpose) = (w.customer_id, w.channel, w.purpose)
    WHERE b.granted IS DISTINCT FROM w.granted
)
SELECT DISTINCT customer_id FROM written
"""


@transaction.atomic
def grant(
    *, customer: Customer, channel: str, purpose: str, at: datetime, evidence: str = "", origin: str = "",
    by: User | None = None,
) -> Consent:  # fmt: skip
    """The customer allows `purpose` on `channel`."""
    return take(Said(customer.pk, channel, purpose, True, at, evidence, origin), customer=customer, by=by)


@transaction.atomic
def refuse(
    *, customer: Customer, channel: str, purpose: str, at: datetime, evidence: str = "", origin: str = "",
    by: User | None = None,
) -> Consent:  # fmt: skip
    """The customer refuses `purpose` on `channel`."""
    return take(Said(customer.pk, channel, purpose, False, at, evidence, origin), customer=customer, by=by)


@transaction.atomic
def take(word: Said, *, customer: Customer, by: User | None = None) -> Consent:
    """A word that `customer` said, with all that is known about it.

    To be asked again lifts an earlier unsubscription, and only that: what bounced or complained stays suppressed.
    """
    if word.granted and word.purpose == Purpose.SURVEY:
        hashes = ContactPoint.objects.filter(customer=customer, channel=word.channel).values("address_hash")
        theirs = Suppression.objects.filter(channel=word.channel, address_hash__in=hashes, at__lt=word.at)
        theirs.filter(reason=Suppression.Reason.UNSUBSCRIBED).delete()
    return say(word, by=by)


@transaction.atomic
def unsubscribe(
    *, customer: Customer, channel: str, at: datetime, evidence: str = "", origin: str = Origin.MAIL,
    by: User | None = None,
) -> None:  # fmt: skip
    """No more surveys on `channel`: consent refused for the person, every address of theirs on it suppressed.

    Effective at once; a second time changes nothing.
    """
    said = {"channel": channel, "purpose": Purpose.SURVEY, "evidence": evidence, "origin": origin}
    for person in filter(None, (customer, customer.canonical)):
        refuse(customer=person, at=at, by=by, **said)
    for address in ContactPoint.objects.filter(of_person(customer), channel=channel):
        reason = Suppression.Reason.UNSUBSCRIBED
        suppress(channel=channel, normalized=address.normalized, reason=reason, at=at, evidence=evidence, by=by)


def words_that_count(*, rows: Collection[int]) -> Words:
    """{(channel, purpose): the word that counts} of the person whose customer rows (ids) these are: the last one. What
    was said before the rows became one person counts as said then, and of words of one moment the no."""
    joined = Customer.objects.filter(pk__in=rows, canonical_since__isnull=False).order_by("-canonical_since")
    said = Consent.objects.filter(customer__in=rows).annotate(joined_at=Subquery(joined.values("canonical_since")[:1]))
    found: Words = {}
    for word in sorted(said, key=lambda word: (max(word.at, word.joined_at or word.at), not word.granted, word.pk)):
        found[word.channel, word.purpose] = word
    return found


def of_person(customer: Customer) -> Q:
    """Addresses of the same person, whichever of the merged rows holds them."""
    return Q(customer__in=Customer.objects.of_person(customer).values("pk"))


@transaction.atomic(savepoint=False)
def say_each(words: Iterable[Said]) -> set[int]:
    """Many words at once, in the order in which they were said; returns the customers (ids) of whom something is known
    that was not: another word, or a later one. Each that changes something leaves its Event, written by the same
    statement. A wish to be asked that is told here lifts no suppression (`grant`)."""
    rounds: list[dict[tuple[int, str, str], Said]] = []
    seen: Counter[tuple[int, str, str]] = Counter()
    for word in words:  # what one person says twice goes into two statements, the later one last
        key = word[:3]
        if seen[key] == len(rounds):
            rounds.append({})
        rounds[seen[key]][key] = word
        seen[key] += 1
    return {customer for each in rounds for customer in _write(list(each.values()))}


def _write(words: Sequence[Said]) -> list[int]:
    """Of whom (ids) something is known that was not."""
    rows = [
        word._asdict()
        | {"at": word.at.isoformat(), "evidence": word.evidence[:300]}
        | {"recorded_at": (word.recorded_at or word.at).isoformat()}
        for word in words
    ]
    heard = {f"{way}_is_heard": is_heard(f"consent.{way}") for way in ("granted", "refused")}
    with connection.cursor() as cursor:
        cursor.execute(_SAY, {"words": json.dumps(rows), **heard})
        return [customer for (customer,) in cursor.fetchall()]


@transaction.atomic
def say(word: Said, *, by: User | None) -> Consent:
    """Store one word; an Event says so if it changed something. For the wish to be asked call `grant`."""
    _write([word._replace(by=by.pk if by else None)])
    return Consent.objects.get(customer=word.customer, channel=word.channel, purpose=word.purpose)
