"""What every kind of intake shares: checking items one by one, resolving references, saying what became of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.errors import ApiError, describe, wrong
from common.models import Event, Load
from crm.models import ApiKey, Employee, OrgUnit, UnitClosure
from crm.services.upserting import STALE, Upsert, upsert
from crm.shapes import Ref
from crm.sight import Principal

REJECTED = "rejected"
AHEAD = timedelta(hours=1)  # a source's clock may run this much ahead of ours


@dataclass
class ItemResult:
    """What became of one item: status created | updated | unchanged | stale | rejected; `errors` when rejected."""

    external_id: str | None
    status: str
    errors: list[ApiError] = field(default_factory=list)


@dataclass
class Arrival:
    """One item on its way in. `values`: as its shape cleaned them; `row`: column -> value, as it will be stored;
    `dated`: its sender said as of when; `superseded`: a newer version of the row stands in the same list."""

    external_id: str | None
    values: dict[str, Any]
    errors: list[ApiError] = field(default_factory=list)
    status: str = ""
    row: dict[str, Any] = field(default_factory=dict)
    dated: bool = True
    superseded: bool = False

    def refuse(self, name: str, message: str, code: str = "invalid") -> None:
        self.errors.append(wrong(name, message, code))

    @property
    def open(self) -> bool:
        """Neither rejected nor settled yet."""
        return not self.errors and not self.status

    @property
    def legible(self) -> bool:
        """Its shape was right: what it refers to can be looked up, so that all errors are told at once."""
        return bool(self.values) and not self.status


@dataclass(frozen=True)
class Intake:
    """Who sends, as which source, when; `load` when many came together."""

    source: str
    at: datetime
    principal: Principal = None
    load: Load | None = None

    @property
    def on_the_line(self) -> bool:
        """Another system waits for the answer."""
        return isinstance(self.principal, ApiKey)

    @property
    def home(self) -> int | None:
        """The unit under which things go that name none."""
        return self.principal.unit_id if isinstance(self.principal, ApiKey) else None

    def speaks_for_all(self) -> bool:
        """Whether the sender's unit stands under no other."""
        if self.principal is None:
            return True
        above = UnitClosure.objects.filter(
            hierarchy__is_primary=True, descendant=self.home, depth__gt=0, valid__contains=self.at.date()
        )
        return not above.exists()

    def in_sight(self, rows: Any) -> QuerySet[Any]:
        """What the sender may refer to; a caller inside the house (no principal) may refer to everything."""
        seen: QuerySet[Any] = rows if self.principal is None else rows.visible_to(self.principal)
        return seen

    def units(self) -> QuerySet[OrgUnit]:
        return self.in_sight(OrgUnit.objects.all())

    def employees(self, rows: QuerySet[Employee]) -> QuerySet[Employee]:
        """Whoever works or worked in a unit in sight, or is not assigned anywhere yet."""
        if self.principal is None:
            return rows
        return rows.filter(Q(assignments__unit__in=self.units()) | Q(assignments__isnull=True)).distinct()


def read(items: Iterable[Any], shape: type[serializers.Serializer[Any]], intake: Intake) -> list[Arrival]:
    """Every item, checked by itself, in the order given; of several versions of one row only the newest goes on."""
    checker = shape()
    arrivals = [_check(item, checker, intake) for item in items]
    newest: dict[str | None, Arrival] = {}
    for arrival in arrivals:
        if not arrival.open:
            continue
        known = newest.setdefault(arrival.external_id, arrival)
        if known is arrival:
            continue
        later = known.values.get("as_of", intake.at) > arrival.values.get("as_of", intake.at)
        newest[arrival.external_id], older = (known, arrival) if later else (arrival, known)
        older.status, older.superseded = STALE, True
    return arrivals


def _check(item: Any, checker: serializers.Serializer[Any], intake: Intake) -> Arrival:
    given = item.get("external_id") if isinstance(item, dict) else None
    try:
        values = checker.run_validation(item)
    except ValidationError as error:
        return Arrival(given if isinstance(given, str) else None, {}, describe(error))
    arrival = Arrival(values["external_id"], values, dated="as_of" in values)
    if "as_of" in checker.fields:
        values.setdefault("as_of", intake.at)
    for name in ("as_of", "occurred_at"):
        if name in values and values[name] > intake.at + AHEAD:
            arrival.refuse(name, "This lies in the future.", "future")
    return arrival


def known(rows: QuerySet[Any], refs: Iterable[Ref], source: str) -> dict[Ref, int]:
    """{reference: id} of those of `refs` that are among `rows`, in one query."""
    wanted = defaultdict(set)
    for ref in refs:
        wanted[ref.source or source].add(ref.external_id)
    if not wanted:
        return {}
    match = Q()
    for name, ids in wanted.items():
        match |= Q(source=name, external_id__in=ids)
    found = {
        Ref(name, external): pk for name, external, pk in rows.filter(match).values_list("source", "external_id", "pk")
    }
    return found | {Ref("", ref.external_id): pk for ref, pk in found.items() if ref.source == source}


def link(arrivals: Sequence[Arrival], name: str, rows: QuerySet[Any], intake: Intake) -> None:
    """Resolve reference `name` of every arrival into the column `<name>_id`; unknown or out of sight is refused."""
    legible = [arrival for arrival in arrivals if arrival.legible]
    ids = known(rows, {a.values[name] for a in legible if a.values.get(name)}, intake.source)
    for arrival in legible:
        ref = arrival.values.get(name)
        arrival.row[f"{name}_id"] = ids.get(ref) if ref else None
        if ref and ref not in ids:
            arrival.refuse(name, f"Unknown {name} {ref.external_id!r}.", "unknown")


def existing(
    model: Any, arrivals: Sequence[Arrival], intake: Intake, mine: Callable[[QuerySet[Any]], QuerySet[Any]]
) -> dict[str, Any]:
    """Rows that the arrivals would change, by external id. Those that are not among `mine(rows)` are refused."""
    ids = [a.external_id for a in arrivals if a.open]
    rows = model.objects.filter(source=intake.source, external_id__in=ids)
    before = {row.external_id: row for row in rows}
    if before and intake.principal is not None:
        allowed = set(mine(rows).values_list("external_id", flat=True))
        for arrival in arrivals:
            if arrival.open and arrival.external_id in before.keys() - allowed:
                arrival.refuse("external_id", "This id belongs to a row that this key may not change.", "out_of_scope")
    return before


def write(
    how: Upsert,
    arrivals: Sequence[Arrival],
    intake: Intake,
    *,
    before: dict[str, Any],
    mine: Callable[[QuerySet[Any]], QuerySet[Any]],
    complete: Callable[[Arrival, Any], None] = lambda _arrival, _held: None,
) -> None:
    """Store the rows of `arrivals` and say what became of each. `before` and `mine` as `existing` has them: a row that
    another sender made meanwhile is changed only by who may. `complete(arrival, held)` fills in what was left out, by
    the row that is there, if there is one."""
    for arrival in arrivals:
        complete(arrival, before.get(str(arrival.external_id)))
    statuses = upsert(how, [arrival.row for arrival in arrivals], before=before)
    for arrival in arrivals:
        arrival.status = statuses.get(str(arrival.external_id), "")
    late = [arrival for arrival in arrivals if not arrival.status]
    if late:
        before |= existing(how.model, late, intake, mine)
        write(how, [arrival for arrival in late if arrival.open], intake, before=before, mine=mine, complete=complete)


def results(arrivals: Sequence[Arrival]) -> list[ItemResult]:
    return [ItemResult(a.external_id, REJECTED if a.errors else a.status, a.errors) for a in arrivals]


def open_load(kind: str, count: int, intake: Intake) -> Load:
    key = intake.principal.pk if isinstance(intake.principal, ApiKey) else None
    return Load.objects.create(
        kind=kind, source=intake.source, started_at=intake.at, options={"key": key}, counts={"received": count}
    )


def close_load(load: Load, outcome: Sequence[ItemResult], at: datetime, *, late: int = 0) -> None:
    load.counts = {"received": len(outcome), **Counter(result.status for result in outcome)}
    load.counts |= {"late": late} if late else {}
    load.finished_at = at
    load.save(update_fields=["counts", "finished_at"])
    Event.objects.record("load.finished", subject=load, at=at, kind=load.kind, **load.counts)
