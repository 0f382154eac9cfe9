"""How to reach the person, what they allow, what keeps us from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef

from crm.addresses import masked
from crm.cards import Subject, Told
from crm.models import Channel, Consent, ContactPoint, Hold, Purpose, Suppression
from crm.services.consenting import Words, words_that_count
from crm.services.holding import holds_of

FULL = "crm.view_contactpoint"  # others see an address masked
PREFERENCE = (Channel.PHONE, Channel.EMAIL, Channel.SMS)  # where the customer has said nothing


@dataclass(frozen=True)
class Address:
    """A way to the person. `usable` is false when it does not work or must not be written to: `why_not` says which."""

    channel: str
    address: str
    preferred: bool
    usable: bool
    why_not: str


@dataclass(frozen=True)
class Permission:
    """The word that counts for the whole person."""

    channel: str
    purpose: str
    granted: bool
    at: datetime


@dataclass(frozen=True)
class Pause:
    """A hold in force."""

    kind: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Reach:
    """`best_channel`: empty if there is no way to reach the person."""

    best_channel: str
    addresses: list[Address] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    holds: list[Pause] = field(default_factory=list)


def tell(subject: Subject) -> Told:
    words = words_that_count(rows=subject.rows)
    holds = list(holds_of(rows=subject.rows, at=subject.at))
    addresses = _addresses(subject)
    data = Reach(
        best_channel=best_channel(addresses, words),
        addresses=addresses,
        permissions=[Permission(w.channel, w.purpose, w.granted, w.at) for w in words.values()],
        holds=[Pause(hold.kind, hold.since, hold.until) for hold in holds],
    )
    reach = f"Reach them by {_label(data.best_channel)}." if data.best_channel else ""
    return Told(data, do=list(_do(words)), avoid=list(_avoid(holds, words)), reach=reach)


def _addresses(subject: Subject) -> list[Address]:
    """Addresses of the rows in sight, the ones to use first; whole only for those who may see them."""
    suppressed = Suppression.objects.filter(channel=OuterRef("channel"), address_hash=OuterRef("address_hash"))
    points = ContactPoint.objects.filter(customer__in=[row.pk for row in subject.seen])
    shown = points.annotate(suppressed=Exists(suppressed)).order_by("-preferred", "channel", "pk")
    readable = subject.within(FULL, "cards:read")
    each = {(point.channel, point.normalized): point for point in shown}
    whole = {(point.channel, point.normalized) for point in shown if point.customer_id in readable}
    return [_address(point, whole=key in whole) for key, point in each.items()]


def _address(point: ContactPoint, *, whole: bool) -> Address:
    suppressed = getattr(point, "suppressed", False)
    why_not = "does not work" if point.unusable_since else "must not be written to" if suppressed else ""
    shown = point.address if whole else masked(point.channel, point.address)
    return Address(point.channel, shown, point.preferred, not why_not, why_not)


def best_channel(addresses: list[Address], words: Words) -> str:
    """Where to reach them: what they preferred, else what they have not refused, the telephone first."""
    usable = [address for address in addresses if address.usable]
    open_to = [address for address in usable if not _refused(address.channel, words)]
    preferred = [address.channel for address in open_to if address.preferred]
    ranked = sorted({a.channel for a in open_to}, key=lambda channel: PREFERENCE.index(Channel(channel)))
    return next(iter(preferred if len(set(preferred)) == 1 else ranked), "")


def _refused(channel: str, words: Mapping[tuple[str, str], Consent]) -> bool:
    said = [word.granted for (where, _), word in words.items() if where == channel]
    return bool(said) and not any(said)


def _do(words: Words) -> Iterator[str]:
    callback = words.get((Channel.PHONE, Purpose.CALLBACK))
    if callback and callback.granted:
        yield f"They agreed to be called back ({callback.at:%-d %B %Y})."


_ON_HOLD = {
    Hold.Kind.BEREAVEMENT: "Selling, and asking for feedback: there has been a death. Say so first, briefly.",
    Hold.Kind.LEGAL: "Speaking about the legal matter: refer them to whoever handles it.",
    Hold.Kind.COMPLAINT: "Selling, and asking for feedback: a complaint is open.",
    Hold.Kind.PAUSED: "Asking for feedback: they asked for a pause.",
    Hold.Kind.OPEN_TICKET: "Offers: they are waiting for us to put something right.",
}


def _avoid(holds: list[Hold], words: Words) -> Iterator[str]:
    kinds = {hold.kind for hold in holds}
    yield from (line for kind, line in _ON_HOLD.items() if kind in kinds)
    for (channel, purpose), word in words.items():
        if not word.granted and purpose == Purpose.SURVEY:
            yield f"Asking them for feedback by {_label(channel)}: they declined ({word.at:%-d %B %Y})."
        if not word.granted and purpose == Purpose.CALLBACK:
            yield f"Calling them about an answer: they declined ({word.at:%-d %B %Y})."
        if not word.granted and purpose == Purpose.QUOTE:
            yield "Quoting their words with their name."


def _label(channel: str) -> str:
    return {"phone": "telephone", "link": "a link"}.get(channel, str(Channel(channel).label))
