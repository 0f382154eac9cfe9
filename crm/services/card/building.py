"""One card, for the page and the API alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, Value

from crm.cards import FUNCTION, Section, Subject, sections
from crm.models import ApiKey, Customer, Hold
from crm.services.holding import holds_of
from crm.services.profiles import Profile, profile_of
from crm.sight import Principal, customers_in_sight

_GENTLE = {Hold.Kind.BEREAVEMENT, Hold.Kind.LEGAL}


@dataclass(frozen=True)
class Chapter:
    """A section and what it tells; None: not for who looks."""

    section: Section
    data: Any


@dataclass
class Card:
    """`do` and `avoid`: what follows from all sections, the gravest first. `gentle`: it is not about us now."""

    subject: Subject
    profile: Profile
    chapters: list[Chapter] = field(default_factory=list)
    do: list[str] = field(default_factory=list)
    avoid: list[str] = field(default_factory=list)
    gentle: bool = False
    reach: str = ""

    @property
    def zone(self) -> str:
        """On whose clock a page tells times: the customer's own, else their unit's."""
        unit = self.profile.unit
        return str(self.profile.zone or (unit.zone if unit else "UTC"))

    @property
    def withheld(self) -> list[str]:
        """Names of the sections that are not for who looks."""
        return [chapter.section.name for chapter in self.chapters if chapter.data is None]


def card_of(*, source: str, external_id: str, principal: Principal, at: datetime) -> Card | None:
    """The card of a customer by the id that `source` gave; None if there is none in sight. The number of queries is
    the same for any history."""
    subject = _subject(source, external_id, principal, at)
    if subject is None:
        return None
    held = {hold.kind for hold in holds_of(rows=subject.rows, at=at)}
    card = Card(subject, profile_of(subject.seen), gentle=not held.isdisjoint(_GENTLE))
    for section in sections():
        _add(card, section)
    return card


def _add(card: Card, section: Section) -> None:
    if not card.subject.within(section.function, section.scope):
        card.chapters.append(Chapter(section, None))
        return
    told = section.tell(card.subject)
    card.chapters.append(Chapter(section, told.data))
    if told.reach and not card.reach:
        card.reach = told.reach
        card.do.append(told.reach)
    card.do += [*told.do, *(() if card.gentle else told.asks)]
    card.avoid += told.avoid


def _subject(source: str, external_id: str, principal: Principal, at: datetime) -> Subject | None:
    function = None if isinstance(principal, ApiKey) else FUNCTION
    visible = Customer.objects.visible_to(principal, function).filter(source=source, external_id=external_id)
    customer = visible.select_related("unit").first()
    if customer is None:
        return None
    rows = list(_rows(customer, customers_in_sight(principal, function)))
    others = (row for row, in_sight in rows if in_sight and row.pk != customer.pk)
    return Subject(customer, tuple(row.pk for row, _ in rows), (customer, *others), principal, at)


def _rows(customer: Customer, sight: Q) -> Iterable[tuple[Customer, bool]]:
    """Every row of the person, and whether it is in sight."""
    in_sight: Any = ExpressionWrapper(sight, BooleanField()) if sight else Value(True)
    rows: Any = Customer.objects.of_person(customer).select_related("unit").annotate(in_sight=in_sight).order_by("pk")
    return [(row, row.in_sight) for row in rows]
