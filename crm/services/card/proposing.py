"""What to propose to the person, and what to ask them, while we have them; neither while a hold is in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from crm.cards import Subject, Told
from crm.models import ContactPoint
from crm.services.offering import Offers, offers_for


@dataclass(frozen=True)
class Proposal:
    """An offer; `say`: how to put it to the customer."""

    code: str
    name: str
    say: str


@dataclass(frozen=True)
class Missing:
    """A detail that we do not know: `detail` is its code, `ask` how to ask for it."""

    detail: str
    ask: str


@dataclass(frozen=True)
class Chance:
    """`held`: the kind of hold for which nothing is proposed or asked; else empty. The first offer is the next best."""

    held: str
    offers: list[Proposal] = field(default_factory=list)
    ask: list[Missing] = field(default_factory=list)


QUESTIONS = {
    "phone": "Which telephone number reaches you best?",
    "email": "May we have an e-mail address?",
    "language": "In which language shall we write to you?",
    "given_name": "How do you write your name?",
}


def tell(subject: Subject) -> Told:
    """Sight has been decided by the card; offers are the person's, whichever row they came under."""
    found = offers_for(customer=subject.customer, at=subject.at)
    offers = [Proposal(each.offer.external_id, each.offer.name, each.offer.say) for each in found.proposals]
    ask = [] if found.why else [Missing(detail.code, detail.ask) for detail in found.details]
    data = Chance(found.why, offers, ask + list(_plain(subject, found)))
    return Told(data, do=[f"Next best offer: {offers[0].name}."] if offers else ())


def _plain(subject: Subject, found: Offers) -> Iterator[Missing]:
    """What every customer's record should have, as far as the catalog of details does not ask for it already."""
    points = ContactPoint.objects.filter(customer__in=subject.rows, unusable_since=None)
    channels = set(points.values_list("channel", flat=True))
    held = {
        "phone": bool(channels & {"phone", "sms"}),
        "email": "email" in channels,
        "language": any(row.language for row in subject.seen),
        "given_name": any(row.name for row in subject.seen),
    }
    asked = {detail.place for detail in found.details}
    if not found.why:
        yield from (Missing(name, QUESTIONS[name]) for name, known in held.items() if not known and name not in asked)
