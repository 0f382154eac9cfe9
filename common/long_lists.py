"""Lists over tables that grow with the years: they open as fast over millions of rows as over ten.

Counting stops at COUNTED. Rows come by an index or, where a filter has none, from the newest NEWEST rows, and the list
says so; a filter of our own that leaves few rows to look at, found by an index, says `by_index`. A search looks into
each of its indexes and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.admin.filters import AllValuesFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import BigIntegerField, DateTimeField, F, Model, OrderBy, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.timezone import make_aware
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.utils import parse_datetime_str

from common.arrays import OneOf

if TYPE_CHECKING:
    Pages = Paginator[Any]
    Counted = ChangeList
else:
    Pages = Paginator
    from unfold.views import ChangeList as Counted

COUNTED = 5_000  # rows that a list counts and pages through; nobody reads further without a filter
NEWEST = 100_000  # rows that a filter without an index looks at
LOOKED_AT = 5  # words of a search of which the rarest is looked for
NARROW = frozenset({"unit", "customer", "employee", "owner"})  # a choice of one of these leaves few rows to look at


class CappedPaginator(Pages):
    """Counts no further than COUNTED rows, so that a list of millions opens as fast as one of ten."""

    template_name = "admin/console/pages.html"
    at_most = COUNTED

    @property
    def capped(self) -> bool:
        return self._counted > self.at_most

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.at_most)

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        return self._first(rows).count() if isinstance(rows, QuerySet) else len(rows)

    def _first(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """As many as are counted, in no order: whoever counts need not sort."""
        return rows.order_by()[: self.at_most + 1]


class LongPaginator(CappedPaginator):
    """Over a table that grows."""

    def _first(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """In their order: what is asked for stands close together in its index, and anywhere in the table."""
        return rows[: self.at_most + 1]

    def page(self, number: int | str) -> Page[Any]:
        if not self.capped and isinstance(self.object_list, QuerySet):
            self.object_list = sorted_when_found(self.object_list)
        return super().page(number)


class CountedList(Counted):
    """A list that has no filter on shows all there is, and need not offer to."""

    newest_only = 0  # how many rows a filter without an index looked at; 0: all there are

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """A day or time without its offset, as people write addresses, is on the clock that the page shows."""
        found: dict[str, Any] = super().get_filters_params(params)
        fields = [field.name for field in self.model._meta.fields if isinstance(field, DateTimeField)]
        compared = {f"{name}__{how}" for name in fields for how in ("gt", "gte", "lt", "lte")}
        return {
            name: [_with_offset(value) for value in said] if name in compared else said for name, said in found.items()
        }

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.params and not self.query:
            self.full_result_count = self.result_count


class LongList(CountedList):
    """A list of a table that grows."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        active = {_name(spec): spec for spec in self.filter_specs if _said(spec)}
        times = [spec for spec in active.values() if isinstance(getattr(spec, "field", None), DateTimeField)]
        if times:
            rows = rows.order_by(f"-{_name(times[0])}", "-pk")
        quick = (name for name, spec in active.items() if getattr(spec, "by_index", False))
        if self.query or (NARROW | {*quick}) & set(active) or all(indexed(self.model, name) for name in active):
            return rows
        self.newest_only = NEWEST
        return rows.filter(pk__gt=self._newest(request, times) - NEWEST)

    def _newest(self, request: HttpRequest, times: list[Any]) -> int:
        """The id of the newest row of the chosen time."""
        rows: QuerySet[Any] = self.model._base_manager.order_by(*(f"-{_name(spec)}" for spec in times), "-pk")
        for spec in times:
            rows = spec.queryset(request, rows)
        return int(rows.values_list("pk", flat=True).first() or 0)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.multi_page:
            self.result_list = sorted_when_found(self.queryset)


class RecentValues(AllValuesFieldListFilter):
    """Offers the values of the newest COUNTED rows: finding all there ever were would read the whole table."""

    lookup_choices: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field, request, _, _, model_admin = args
        newest = model_admin.get_queryset(request).order_by("-pk").values_list(field.name, flat=True)
        self.lookup_choices = sorted(set(newest[:COUNTED]))


class TimeRange(RangeDateTimeFilter):
    """From and to, on the clock that the page shows."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for side, lookup in (("from", "gte"), ("to", "lte")):
            day, time = (self.used_parameters.get(f"{self.parameter_name}_{side}_{n}") for n in (0, 1))
            moment = parse_datetime_str(f"{day} {time or '00:00:00'}") if day else None
            if moment is not None:
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": make_aware(moment)})
        return queryset


def sorted_when_found(rows: QuerySet[Any]) -> QuerySet[Any]:
    """A few rows in the same order, which the database must not look for by walking that order's index past millions
    of others: it does when it takes them for many."""
    return rows.order_by(*(_without_index(order) for order in rows.query.order_by or ("-pk",)))


def _without_index(order: Any) -> Any:
    """The same order by an expression that no index has."""
    if order == "?":
        return order
    if isinstance(order, str):
        order = F(order[1:]).desc() if order.startswith("-") else F(order).asc()
    same: OrderBy = order.copy() if isinstance(order, OrderBy) else order.asc()
    same.expression = Coalesce(same.expression, same.expression)
    return same


def found_by_index(rows: QuerySet[Any], fields: list[str], words: str, *, at_most: int = COUNTED) -> QuerySet[Any]:
    """The rows in which each of the words stands in one of the fields (lookups that an index serves, each searched by
    itself), all of them: looked for by the word that the fewest rows have. Only of a field that has even that word in
    more than `at_most` rows, the first `at_most` + 1 that are in `rows` and have all the other words. Their ids are
    asked for by themselves, so that the database knows how few rows the next queries are about."""
    longest_first = sorted(set(words.split()), key=len, reverse=True)
    looked_at = [_hit(rows.model, fields, word, at_most) for word in longest_first[:LOOKED_AT]]
    searched = looked_at + [_lookups(rows.model, fields, word, at_most) for word in longest_first[LOOKED_AT:]]
    if not all(searched):
        return rows.none()
    rarest = min(looked_at, key=lambda lookups: sum(lookup.hits for lookup in lookups))
    having_the_others = rows
    for lookups in searched:
        if lookups is not rarest:
            having_the_others = having_the_others.filter(Q(*(lookup.said for lookup in lookups), _connector=Q.OR))
    first, *others = [lookup.found(among=having_the_others) for lookup in rarest]
    found = first.union(*others) if others else first
    ids = [row["pk"] for row in found]  # as one array: ten thousand parameters take longer than the rows
    if not all(lookup.too_many for lookup in rarest):  # else all words were asked about, which takes long
        rows = having_the_others
    return rows.filter(OneOf(F("pk"), Value(ids, ArrayField(BigIntegerField())))) if ids else rows.none()


@dataclass(frozen=True)
class _Lookup:
    """A word in a field."""

    model: type[Model]
    field: str
    word: str
    at_most: int

    @property
    def said(self) -> Q:
        return Q(**{self.field: self.word})

    @cached_property
    def hits(self) -> int:
        """How many rows of the table say so; beyond `at_most` nobody counts."""
        return self.model._base_manager.filter(self.said)[: self.at_most + 1].count()

    @property
    def too_many(self) -> bool:
        """More than are looked through."""
        return self.hits > self.at_most

    def found(self, *, among: QuerySet[Any]) -> QuerySet[Any]:
        """Ids of all rows of the table that say so; of those `among` if they are too many to be looked through."""
        rows = among if self.too_many else self.model._base_manager.all()
        return rows.filter(self.said).order_by().values("pk")[: self.at_most + 1]

    def can_be(self) -> bool:
        """No number is a UUID."""
        try:
            self.model._base_manager.filter(self.said)
        except (ValidationError, ValueError):
            return False
        return True


def _lookups(model: type[Model], fields: list[str], word: str, at_most: int) -> list[_Lookup]:
    """One for each field that can hold such a word at all."""
    return [lookup for lookup in (_Lookup(model, field, word, at_most) for field in fields) if lookup.can_be()]


def _hit(model: type[Model], fields: list[str], word: str, at_most: int) -> list[_Lookup]:
    """Those of a word that some row has. The others say nothing, yet asked along they would hide from the database that
    the word stands in one column: it then judges sight, and joins, for every row that has the first word."""
    return [lookup for lookup in _lookups(model, fields, word, at_most) if lookup.hits]


def indexed(model: type[Model], name: str) -> bool:
    """Does some index begin with the field?"""
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    leading = {index.fields[0].lstrip("-") for index in model._meta.indexes if index.fields and not index.condition}
    return bool(field.db_index or field.unique or name in leading)


def _with_offset(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if moment.tzinfo else make_aware(moment).isoformat()


def _said(spec: Any) -> list[Any]:
    """What was chosen in a filter."""
    used = [said if isinstance(said, list) else [said] for said in spec.used_parameters.values()]
    return [value for said in used for value in said if value not in {None, ""}]


def _name(spec: Any) -> str:
    return str(getattr(spec, "field_path", "") or spec.parameter_name)
