"""What the detractors of launches that fell short say, as long as these are watched: read anew every morning.

Theirs are answers of 0 to 6 about the product since its launch, in its area. The others are the answers of 0 to 6 about
anything else, there, from half a year before on (of a change: about the product as it was before, too); better answers
about anything else tell only how usual a word is. Of both the newest `MOST_READ`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from analytics.maths.phrases import Comment, Phrase, telling_phrases
from analytics.models import Launch, Shortfall, ShortfallPhrase
from crm.models import UnitClosure
from surveys.models import Passage

BEFORE = timedelta(days=182)
MOST_READ = 20_000
QUOTED = 12  # passages kept with a phrase, so that some are left when others are erased or out of sight


def listen_to(*, upto: date, at: datetime) -> None:
    """Replace the phrases of every shortfall whose launch is still watched; one that nothing was read for yet is read
    whatever its age."""
    for shortfall in Shortfall.objects.select_related("launch").select_for_update(of=["self"]):
        if shortfall.read_at is None or upto <= shortfall.launch.last_day:
            _read(shortfall, upto=upto, at=at)


def _read(shortfall: Shortfall, *, upto: date, at: datetime) -> None:
    launch = shortfall.launch
    phrases = phrases_about(launch, upto=min(upto, launch.last_day), today=at.date())
    shortfall.phrases.all().delete()
    ShortfallPhrase.objects.bulk_create(_rows(shortfall, phrases))
    shortfall.read_at = at
    shortfall.save(update_fields=["read_at"])


def phrases_about(launch: Launch, *, upto: date, today: date) -> list[Phrase]:
    """What sets its detractors apart up to the day. Three queries."""
    about_it = Q(response__fact__product=launch.product, response__fact__day__gte=launch.day)
    low = Q(response__fact__score__lte=6)
    words = _words_in(launch, upto=upto, today=today)
    ours, others = _comments(words.filter(about_it, low)), _comments(words.filter(low).exclude(about_it))
    return telling_phrases(ours, others, _comments(words.exclude(low | about_it)), names=[launch.product])


def _words_in(launch: Launch, *, upto: date, today: date) -> Any:
    below = UnitClosure.objects.filter(hierarchy__is_primary=True, valid__contains=today, ancestor=launch.area_id)
    return Passage.objects.filter(
        kind=Passage.Kind.ANSWER, response__fact__unit__in=below.values("descendant"),
        response__fact__day__range=(launch.day - BEFORE, upto),
    )  # fmt: skip


def _comments(words: Any) -> list[Comment]:
    newest = words.order_by("-response_id")[:MOST_READ]
    return [Comment(*row) for row in newest.values_list("pk", "language", "text")]


def _rows(shortfall: Shortfall, phrases: list[Phrase]) -> Iterator[ShortfallPhrase]:
    for place, phrase in enumerate(phrases, 1):
        yield ShortfallPhrase(
            shortfall=shortfall, place=place, text=phrase.text[:200], language=phrase.language, n=phrase.n,
            of=phrase.of, n_others=phrase.n_others, of_others=phrase.of_others, z=phrase.z, p=phrase.p,
            passages=list(phrase.keys[:QUOTED]),
        )  # fmt: skip
