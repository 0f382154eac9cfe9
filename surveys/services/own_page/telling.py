"""What the customer's own page tells: their answers and what became of them, how we ask them, what they allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from crm.addresses import masked
from crm.models import Channel, Consent, ContactPoint, Hold, Purpose
from crm.services.consenting import Words, words_that_count
from crm.services.holding import holds_of
from crm.services.profiles import Profile, profile_of
from crm.sight import Principal
from surveys.models import LanguageWish, ProgramVersion, Response
from surveys.own_steps import Step, steps_of
from surveys.services.answering import closes_at
from surveys.services.own_page.cutting import stretches
from surveys.services.own_page.links import Person
from surveys.services.phrasing import happened_at

MOST = 3  # answers; the page stays under 15 kB
BEGINNING = 300  # bytes of the words of each; all of them are a page of their own
PART = 5_000  # bytes of words on that
SEES = "surveys.view_response"


@dataclass(frozen=True)
class Answered:
    """One answer. `changes_until`: until when it can be changed; None: no longer, or it was collected elsewhere."""

    public_id: str
    score: int | None
    highest: int
    words: str
    at: datetime
    what: str
    happened_at: datetime | None
    unit: str
    wants_call: bool | None
    changes_until: datetime | None
    steps: list[Step]

    @property
    def beginning(self) -> str:
        return next(stretches(self.words, BEGINNING), "")

    @property
    def is_cut(self) -> bool:
        return self.beginning != self.words.strip()

    @property
    def parts(self) -> list[str]:
        """All the words, as pages hold them."""
        return list(stretches(self.words, PART)) or [""]


@dataclass(frozen=True)
class Permission:
    """Something the customer allows or not, on a channel. `said_at` None: never a word on it."""

    channel: str
    purpose: str
    granted: bool
    said_at: datetime | None

    @property
    def code(self) -> str:
        return f"{self.purpose}:{self.channel}"


@dataclass(frozen=True)
class Place:
    """An address we may ask at, as much of it as its owner needs to know it again."""

    code: str
    channel: str
    shown: str
    preferred: bool


@dataclass(frozen=True)
class OwnPage:
    given_name: str
    language: str
    zone: ZoneInfo
    answers: list[Answered] = field(default_factory=list)
    earlier: int = 0
    places: list[Place] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    pause: Hold | None = None

    def permission(self, code: str) -> Permission | None:
        return next((each for each in self.permissions if each.code == code), None)

    def answer(self, public_id: str) -> Answered | None:
        return next((each for each in self.answers if each.public_id == public_id), None)


def own_page(*, person: Person, at: datetime, seen_by: Principal = None) -> OwnPage:
    """The page as of `at`; with `seen_by` what somebody of the house may see of it: answers in sight, personal data in
    them hidden. The number of queries is the same for any history."""
    profile = profile_of(person.rows)
    said = _said(person, seen_by)
    places = _places(person, _channels())
    pauses = holds_of(rows=person.ids, at=at).filter(kind=Hold.Kind.PAUSED)
    return OwnPage(
        given_name=profile.given_name,
        language=language_of_person(person, profile),
        zone=ZoneInfo(profile.zone or (profile.unit.zone if profile.unit else settings.TIME_ZONE)),
        answers=_answers(said, at, raw=seen_by is None),
        earlier=max(0, said.count() - MOST),
        places=places,
        permissions=_permissions(words_that_count(rows=person.ids), places),
        pause=pauses.last(),
    )


def language_of_person(person: Person, profile: Profile | None = None) -> str:
    """The language they chose on their page, else the one that the sources say; empty if nobody knows."""
    wish = LanguageWish.objects.filter(customer__in=person.ids).order_by("-at", "-pk").first()
    return wish.language if wish else str((profile or profile_of(person.rows)).language)


def _said(person: Person, seen_by: Principal) -> QuerySet[Response]:
    rows = Response.objects.filter(customer__in=person.ids)
    return rows if seen_by is None else rows.visible_to(seen_by, SEES)


def _answers(said: QuerySet[Response], at: datetime, *, raw: bool) -> list[Answered]:
    """The newest first, with what became of them."""
    related = ("unit", "customer", "invitation__version", "interaction__kind")
    found = list(said.select_related(*related).order_by("-answered_at", "-pk")[:MOST])
    steps = steps_of([row.pk for row in found])
    return [_answered(row, steps.get(row.pk, []), at, raw=raw) for row in found]


def _answered(row: Response, steps: list[Step], at: datetime, *, raw: bool) -> Answered:
    until = closes_at(invitation=row.invitation, answered_at=row.answered_at) if row.invitation else None
    return Answered(
        public_id=str(row.public_id), score=row.score, highest=row.scale_max, at=row.answered_at,
        words=row.comment if raw else row.words, what=row.interaction.kind.name if row.interaction else "",
        happened_at=happened_at(row.invitation) if row.invitation else None, unit=row.unit.name,
        wants_call=row.callback,
        changes_until=until if until and at < until else None, steps=steps,
    )  # fmt: skip


def _channels() -> set[str]:
    """On which channels the programs that ask do so."""
    asking = ProgramVersion.objects.filter(program__active=True, published_at__isnull=False)
    return set(asking.values_list("channel", flat=True).distinct())


def _places(person: Person, channels: set[str]) -> list[Place]:
    points = ContactPoint.objects.filter(customer__in=person.ids, channel__in=channels, unusable_since=None)
    each: dict[str, ContactPoint] = {}
    for point in points.order_by("-preferred", "channel", "pk"):
        each.setdefault(point.address_hash, point)
    return [
        Place(point.address_hash[:16], point.channel, masked(point.channel, point.address), point.preferred)
        for point in each.values()
    ]


def _permissions(words: Words, places: list[Place]) -> list[Permission]:
    """Being asked on each channel, being called, being quoted; forwarding where there was ever a word on it."""
    asked = [(channel, Purpose.SURVEY) for channel in dict.fromkeys(place.channel for place in places)]
    forwarded = [(channel, Purpose.FORWARD) for channel, purpose in words if purpose == Purpose.FORWARD]
    shown = [*asked, (Channel.PHONE, Purpose.CALLBACK), (Channel.EMAIL, Purpose.QUOTE), *forwarded]
    return [_permission(channel, purpose, words.get((channel, purpose))) for channel, purpose in shown]


def _permission(channel: str, purpose: str, word: Consent | None) -> Permission:
    """Who never said a word is asked, and is neither called nor quoted."""
    granted = word.granted if word else purpose == Purpose.SURVEY
    return Permission(str(channel), str(purpose), granted, word.at if word else None)
