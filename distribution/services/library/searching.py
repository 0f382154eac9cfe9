"""Finding what is in the library: by words, kind, topic, product, unit; only what the reader sees, in one statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import Case, F, FloatField, Q, TextField, Value, When
from django.db.models.functions import Coalesce, Greatest

from crm.models import OrgUnit
from crm.sight import Principal
from distribution.library_rules import START, STOP, excerpt, parts_of
from distribution.models import Entry, Kind, Standing
from distribution.models.library.entries import EntryQuerySet
from surveys.models import Topic
from surveys.words.indexing import configuration, laid_out
from surveys.words.rules import WrongRule, query_of

LONGEST = 200  # characters of what is looked for
PAGE = 20
RELATED = (
    "unit", "audience", "author", "published_by__employee", "story", "policynotice", "response__customer",
    "response__unit",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; empty: whatever there is. `topic`: a code; `unit`: an id; `kind`: `Kind`."""

    words: str = ""
    kind: str = ""
    topic: str = ""
    product: str = ""
    unit: int | None = None
    page: int = 1


@dataclass(frozen=True)
class Choices:
    """What the filters offer: of what is in the library for this reader."""

    topics: list[Topic] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    units: list[OrgUnit] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Hit:
    """One entry as a list shows it. `parts`, `said_parts`: its own words and the customer's, in pieces, each with
    whether it is a hit."""

    entry: Any
    parts: list[tuple[str, bool]]
    said_parts: list[tuple[str, bool]]


@dataclass(frozen=True)
class Found:
    hits: list[Hit]
    page: int
    more: bool


def in_the_library(principal: Principal, *, at: datetime) -> EntryQuerySet:
    """All that stands there for this reader: every list, count and search begins here."""
    return Entry.objects.visible_to(principal).standing(at)


def choices_for(principal: Principal, *, at: datetime) -> Choices:
    there = in_the_library(principal, at=at)
    told = there.order_by().aggregate(
        topics=ArrayAgg("topics", distinct=True, default=[], filter=Q(topics__isnull=False)),
        products=ArrayAgg("product", distinct=True, default=[], filter=~Q(product="")),
        units=ArrayAgg("unit", distinct=True, default=[]),
        own=ArrayAgg("language", distinct=True, default=[], filter=~Q(language="")),
        said=ArrayAgg("response__passage__language", distinct=True, default=[], filter=Q(quoted=True)),
    )
    topics = list(Topic.objects.filter(pk__in=told["topics"])) if told["topics"] else []
    units = list(OrgUnit.objects.filter(pk__in=told["units"]).order_by("name")) if told["units"] else []
    languages = sorted({language for language in (*told["own"], *told["said"]) if language})
    return Choices(topics, sorted(told["products"]), units, languages)


def look_up(wanted: Wanted, *, languages: list[str], principal: Principal, at: datetime) -> Found:
    """A page of what is wanted: what is shown first and the newest before the others, or by how well it fits."""
    rows = _filtered(in_the_library(principal, at=at), wanted)
    shown = Coalesce("response__masked", "response__comment", output_field=TextField())
    rows = rows.annotate(marked=F("words"), said_marked=shown).order_by(
        F("featured_at").desc(nulls_last=True), F("published_at").desc(), "-pk"
    )
    if laid_out(wanted.words):
        rows = _searched(rows, wanted.words, languages or ["en"], shown)
    first = (wanted.page - 1) * PAGE
    page = list(rows.select_related(*RELATED).defer("tsv")[first : first + PAGE + 1])
    return Found([_hit(row) for row in page[:PAGE]], wanted.page, len(page) > PAGE)


def _filtered(rows: EntryQuerySet, wanted: Wanted) -> EntryQuerySet:
    named = {"kind": wanted.kind, "topics__code": wanted.topic, "product": wanted.product, "unit": wanted.unit}
    return rows.filter(**{name: value for name, value in named.items() if value})


def _searched(rows: EntryQuerySet, words: str, languages: list[str], shown: Any) -> EntryQuerySet:
    """Our own words and the customer's are looked through in the language that they are in."""
    query = written(words)
    own, said = Q(), Q()
    ranks: list[Any] = []
    marked, said_marked = [], []
    for language in languages:
        sought = SearchQuery(query, search_type="raw", config=configuration(language))
        is_own, is_said = Q(language=language), Q(response__passage__language=language)
        own |= is_own & Q(tsv=sought)
        said |= is_said & Q(quoted=True, response__passage__tsv=sought)
        ranks += [_rank("tsv", sought, is_own), _rank("response__passage__tsv", sought, is_said & Q(quoted=True))]
        marked.append(When(is_own, then=_headline("words", sought, language)))
        said_marked.append(When(is_said, then=_headline(shown, sought, language)))
    found = rows.filter(own | said).annotate(
        rank=Greatest(*ranks, Value(0.0)),
        marked=Case(*marked, default=F("words"), output_field=TextField()),
        said_marked=Case(*said_marked, default=shown, output_field=TextField()),
    )
    return found.order_by("-rank", F("published_at").desc(), "-pk")


def written(words: str) -> str:
    """What somebody typed as a query: in the words of a topic's rule, or, where it cannot be read as one, all of its
    words. Nothing that is typed is an error."""
    typed = words[:LONGEST]
    try:
        return query_of(typed)
    except WrongRule:
        return query_of(" ".join(f'"{word}"' for word in laid_out(typed).split()))


def _rank(column: str, sought: SearchQuery, condition: Q) -> Case:
    ranked = SearchRank(F(column), sought)
    return Case(When(condition, then=ranked), default=Value(0.0), output_field=FloatField())


def _headline(text: Any, sought: SearchQuery, language: str) -> SearchHeadline:
    config = configuration(language)
    return SearchHeadline(text, sought, config=config, start_sel=START, stop_sel=STOP, highlight_all=True)


def _hit(row: Any) -> Hit:
    return Hit(row, excerpt(parts_of(row.marked)), excerpt(parts_of(row.said_marked)) if row.said else [])


def kinds() -> list[tuple[str, str]]:
    plural = {Kind.STORY: "Stories", Kind.QUOTE: "Customers’ words", Kind.NOTICE: "Notices"}
    return [(kind.value, plural[kind]) for kind in Kind]


def must_read(principal: Principal, *, at: datetime) -> EntryQuerySet:
    """Notices that this person is to read and has not said to have read, the oldest first."""
    waiting = in_the_library(principal, at=at).unread_by(principal)
    return waiting.select_related("policynotice", "unit").defer("tsv").order_by("policynotice__valid_from", "pk")[:PAGE]


def drafts_of(principal: Principal) -> list[Any]:
    """Stories that wait to be published: one's own, and those that one may publish; the oldest first."""
    rows = Entry.objects.visible_to(principal).filter(state=Standing.DRAFT, kind=Kind.STORY)
    return list(rows.select_related("unit", "author").defer("tsv").order_by("written_at", "pk")[:PAGE])
