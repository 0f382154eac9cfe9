"""Reading what became of invitations: the rollup, put right by what it does not know yet.

Three parts, of one moment: the cells; taken off them, what was counted of invitations of which there are notes or whose
link expired meanwhile; and those very invitations counted now. So a report is what counting every invitation would say,
whenever the rollup was filled last. Invitations of units that were divided are counted one by one, by the lot of their
customer, since a cell cannot be divided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncMonth

from analytics.models import InvitationFact, UnitDayDispositions
from analytics.services.tallying import By, Cut, Source
from common.arrays import any_of
from crm.services.organization.drawing import person
from surveys.dispositions import Disposition
from surveys.models import DispositionNote, Invitation
from surveys.models.dispositions import with_disposition

_GROUPS: Any = {"program": F("program")}
_CLICKS = {"settled": Sum("clicks"), "machines": Sum("automatic")}
Counts = dict[Disposition, int]
Group = Callable[["Row"], Any]


class Clicks(NamedTuple):
    """Of the clicks on scores that are settled, those judged automatic; only of programs that keep them."""

    n: int = 0
    automatic: int = 0

    @property
    def share(self) -> float | None:
        return self.automatic / self.n if self.n else None


class Row(NamedTuple):
    """So many invitations of a group that came to this; None: so many clicks of theirs. Below zero: to be taken off."""

    group: int
    channel: str
    month: date | None
    disposition: Disposition | None
    number: int
    automatic: int = 0


class Found(NamedTuple):
    rows: list[Row]

    def by(self, group: Group) -> dict[Any, tuple[Counts, Clicks]]:
        """Dispositions and clicks, by what `group` makes of a row; groups without invitations are none."""
        counts: dict[Any, Counts] = defaultdict(lambda: defaultdict(int))
        clicks: dict[Any, Clicks] = defaultdict(Clicks)
        for row in self.rows:
            key = group(row)
            if row.disposition is None:
                clicks[key] = Clicks(clicks[key].n + row.number, clicks[key].automatic + row.automatic)
            else:
                counts[key][row.disposition] += row.number
        return {key: (own, clicks[key]) for key, own in counts.items() if any(own.values())}


def ended(cut: Cut, by: By, *also: str, at: datetime) -> Found:
    """Of invitations made in the period, by UTC day; `also`: "channel", "month". At most six queries."""
    open_questions = _open_questions(at)
    divided = [share.unit for share in cut.frame.shares]
    rows = [*_cells(cut, by, also)]
    if open_questions:
        rows += _counted_before(cut, by, also, open_questions)
    if open_questions or divided:
        rows += counted_now(cut, by, *also, at=at, which=Q(any_of("pk", open_questions)) | Q(unit__in=divided))
    return Found(rows)


def counted_now(cut: Cut, by: By, *also: str, at: datetime, which: Q) -> Iterator[Row]:
    """Those that `which` names, one by one, without any rollup. Three queries: forgotten clicks left their number."""
    rows, day = _made(cut).filter(which), TruncDate("created_at", tzinfo=UTC)
    now = Source(with_disposition(rows, at=at), _GROUPS, day, {"number": Count("pk")}, person())
    for row in now.read(cut, by, "disposition", *also):
        yield Row(*_whose(row), Disposition(row["disposition"]), row["number"])
    settled = Q(clicks__settled_at__isnull=False)
    figures = {"settled": Count("pk", filter=settled), "machines": Count("pk", filter=Q(clicks__automatic=True))}
    for row in Source(rows.filter(settled), _GROUPS, day, figures, person()).read(cut, by, *also):
        yield Row(*_whose(row), None, row["settled"], row["machines"])
    left = {"settled": Sum("click_tally__settled"), "machines": Sum("click_tally__automatic")}
    for row in Source(rows.filter(click_tally__isnull=False), _GROUPS, day, left, person()).read(cut, by, *also):
        yield Row(*_whose(row), None, row["settled"], row["machines"])


def _open_questions(at: datetime) -> list[int]:
    """Ids of the invitations of which the rollup may not know what became of them."""
    noted = DispositionNote.objects.values_list("invitation_id")
    return [pk for (pk,) in noted.union(InvitationFact.objects.overtaken(at).values_list("invitation_id"))]


def _cells(cut: Cut, by: By, also: Iterable[str]) -> Iterator[Row]:
    figures: Mapping[str, Any] = {f"n_{each.value}": Sum(each.value) for each in Disposition} | _CLICKS
    rows = _of(cut, UnitDayDispositions.objects.all())
    for row in Source(rows, _GROUPS, F("day"), figures).read(cut, by, *also):
        whose = _whose(row)
        for each in Disposition:
            if number := row[f"n_{each.value}"]:
                yield Row(*whose, each, number)
        yield Row(*whose, None, row["settled"], row["machines"])


def _counted_before(cut: Cut, by: By, also: Iterable[str], which: Collection[int]) -> Iterator[Row]:
    """What the cells hold of these invitations, to be taken off."""
    rows = _of(cut, InvitationFact.objects.filter(any_of("pk", which)))
    for row in Source(rows, _GROUPS, F("day"), {"number": Count("pk")} | _CLICKS).read(cut, by, "disposition", *also):
        yield Row(*_whose(row), Disposition(row["disposition"]), -row["number"])
        yield Row(*_whose(row), None, -row["settled"], -row["machines"])


def _of(cut: Cut, rows: QuerySet[Any]) -> Any:
    days = rows.filter(day__range=(cut.period.start, cut.period.end))
    return _filtered(cut, days).annotate(month=TruncMonth("day"))


def _made(cut: Cut) -> Any:
    start = datetime.combine(cut.period.start, time.min, UTC)
    end = datetime.combine(cut.period.end + timedelta(days=1), time.min, UTC)
    rows = Invitation.objects.filter(created_at__gte=start, created_at__lt=end)
    return _filtered(cut, rows).annotate(month=TruncMonth("created_at", tzinfo=UTC))


def _filtered(cut: Cut, rows: QuerySet[Any]) -> Any:
    rows = rows.filter(program=cut.program) if cut.program else rows
    return rows.filter(channel=cut.channel) if cut.channel else rows


def _whose(row: Mapping[str, Any]) -> tuple[int, str, date | None]:
    month = row.get("month")
    return row["group"], row.get("channel", ""), month.date() if isinstance(month, datetime) else month
