"""What the customer's own page tells: their answers and what became of them, how we ask them, what they allow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation

from crm.addresses import masked
from crm.models import Channel, Consent, ContactPoint, Hold, Purpose
from crm.services.consenting import Words, words_that_count
from crm.services.holding import holds_of
from crm.services.profiles import Profile, profile_of
from crm.sight import Principal
from surveys.models import LanguageWish, ProgramVersion, Response
from surveys.own_steps import Step, steps_of
from surveys.own_thread import Written, letters_to
from surveys.services.answering import closes_at
from surveys.services.own_page.cutting import stretches
from surveys.services.own_page.further import Piece, first_of, further_pieces, pages_of
from surveys.services.own_page.links import Person
from surveys.services.phrasing import happened_at, spoken_language

MOST = 3  # answers; the page stays under 15 kB
LETTERS, LETTER, REPLIES = 2, 600, 2  # letters, bytes of each, the last replies to each
BEGINNING = 300  # bytes of the words of each; all of them are a page of their own
FURTHER = 600  # bytes of the further answers of each
PART = 5_000  # bytes on the page of their own
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
    further: list[Piece] = field(default_factory=list)

    @property
    def beginning(self) -> str:
        return next(stretches(self.words, BEGINNING), "")

    @property
    def is_cut(self) -> bool:
        return self.beginning != self.words.strip()

    @property
    def first_further(self) -> list[Piece]:
        """The further answers that stand on the page."""
        return first_of(self.further, FURTHER)

    @property
    def has_more(self) -> bool:
        """Further answers are left for the page of their own."""
        return len(self.first_further) < len(self.further)

    @property
    def parts(self) -> list[list[Piece]]:
        """All that was said, as pages hold it: the reason, then the further answers."""
        reason = [Piece("", self.words)] if self.words.strip() else []
        return pages_of([*reason, *self.further], PART)


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
    letters: list[Written] = field(default_factory=list)

    def permission(self, code: str) -> Permission | None:
        return next((each for each in self.permissions if each.code == code), None)

    def answer(self, public_id: str) -> Answered | None:
        return next((each for each in self.answers if each.public_id == public_id), None)


def own_page(*, person: Person, at: datetime, seen_by: Principal = None, wished: str = "") -> OwnPage:
    """The page as of `at`; with `seen_by` what somebody of the house may see of it: answers in sight, personal data in
    them hidden. In the language `wished` for where it is spoken, else in theirs. The number of queries is the same for
    any history."""
    profile = profile_of(person.rows)
    language = spoken_language(wished, language_of_person(person, profile))
    said = _said(person, seen_by)
    places = _places(person, _channels())
    pauses = holds_of(rows=person.ids, at=at).filter(kind=Hold.Kind.PAUSED)
    return OwnPage(
        given_name=profile.given_name,
        language=language,
        zone=ZoneInfo(profile.zone or (profile.unit.zone if profile.unit else settings.TIME_ZONE)),
        answers=_answers(said, at, language, raw=seen_by is None),
        earlier=max(0, said.count() - MOST),
        places=places,
        permissions=_permissions(words_that_count(rows=person.ids), places),
        pause=pauses.last(),
        letters=[_shown(letter) for letter in letters_to(person.ids, seen_by)[:LETTERS]],
    )


def _shown(letter: Written) -> Written:
    """As much of a letter and of the last replies as the page has room for; the mail holds all of it."""
    replies = [(at, _begun(words)) for at, words in letter.replies[-REPLIES:]]
    return replace(letter, text=_begun(letter.text, LETTER), replies=replies)


def _begun(words: str, most: int = BEGINNING) -> str:
    beginning = next(stretches(words, most), "")
    return beginning if beginning == words.strip() else f"{beginning}…"


def language_of_person(person: Person, profile: Profile | None = None) -> str:
    """The language they chose on their page, else the one that the sources say; empty if nobody knows."""
    wish = LanguageWish.objects.filter(customer__in=person.ids).order_by("-at", "-pk").first()
    return wish.language if wish else str((profile or profile_of(person.rows)).language)


def _said(person: Person, seen_by: Principal) -> QuerySet[Response]:
    rows = Response.objects.filter(customer__in=person.ids)
    return rows if seen_by is None else rows.visible_to(seen_by, SEES)


def _answers(said: QuerySet[Response], at: datetime, language: str, *, raw: bool) -> list[Answered]:
    """The newest first, with what became of them."""
    related = ("unit", "customer", "version", "invitation__version", "interaction__kind")
    found = list(said.select_related(*related).order_by("-answered_at", "-pk")[:MOST])
    steps = steps_of([row.pk for row in found])
    with translation.override(language):
        further = {row.pk: further_pieces(row, language=language, raw=raw) for row in found}
    return [_answered(row, steps.get(row.pk, []), further[row.pk], at, raw=raw) for row in found]


def _answered(row: Response, steps: list[Step], further: list[Piece], at: datetime, *, raw: bool) -> Answered:
    until = closes_at(invitation=row.invitation, answered_at=row.answered_at) if row.invitation else None
    return Answered(
        public_id=str(row.public_id), score=row.score, highest=row.scale_max, at=row.answered_at,
        words=row.comment if raw else row.words, what=row.interaction.kind.name if row.interaction else "",
        happened_at=happened_at(row.invitation) if row.invitation else None, unit=row.unit.name,
        wants_call=row.callback,
        changes_until=until if until and at < until else None, steps=steps, further=further,
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
