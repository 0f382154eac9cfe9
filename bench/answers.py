"""The dashboards at 1,000,000 and 10,000,000 answers (`bench.company`): what `/insights/` reads for branches and
for regions, a free cut by product, channel and month, each beside DuckDB, which holds the same rows in memory and uses
as many cores. Both must give the same numbers.

Each unit is opened once, after others, as people open them; what is told of the statements is the time that the
database took for all of them, rendering left out; the page is told beside it.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from analytics.forms import InsightsForm
from analytics.maths.scorecards import Period
from analytics.services.exploring import explore
from analytics.services.patterns.looking import look_for_patterns
from analytics.services.tallying import Cut, score_rows
from bench.company import AT, answer, organize
from bench.free_cut import free_cut
from bench.timing import Line, compare, progress, spent
from common.models import User
from crm.models import OrgUnit, UnitClosure

SIZES = (1_000_000, 10_000_000)
BRANCHES, ROUNDS = 100, 5
OPENS, CUTS, GROWS = 0.1, 1.5, 1.5  # seconds; seconds; times
LAST = AT.date() - timedelta(days=1)
QUARTER, YEARS = Period(LAST - timedelta(days=89), LAST), Period(LAST - timedelta(days=729), LAST)
PERIOD = {"from": str(QUARTER.start), "to": str(QUARTER.end)}
FACTS = "SELECT unit_id, program_id, channel, product, day, score FROM analytics_answerfact"
COLUMNS = {
    "unit_id": "BIGINT", "program_id": "BIGINT", "channel": "VARCHAR", "product": "VARCHAR", "day": "DATE",
    "score": "TINYINT",
}  # fmt: skip
CLASSES = ("score <= 6", "score IN (7, 8)", "score >= 9")
COUNTED = ("detractors", "passives", "promoters", "detractors_0", "passives_0", "promoters_0")
Figures = dict[Any, tuple[int, ...]]


@dataclass
class Spent:
    """Seconds of the database, and of all."""

    statements: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


def run(scale: float) -> Iterator[Line]:
    settings.ALLOWED_HOSTS = ["testserver"]
    organize()
    medians: dict[int, float] = {}
    for size in (int(size * scale) for size in SIZES):
        took = answer(size)
        yield Line(f"{size:,} answers: made and taken in", spent(took), f"{_gigabytes():.1f} GB")
        yield from _measured(f"{size:,} answers", size, medians)
    small, large = medians.values()
    yield Line("dashboard of a branch: growth, times", f"{large / small:.2f}", f"{GROWS}", GROWS * small / large, 1.0)


def _measured(name: str, size: int, medians: dict[int, float]) -> Iterator[Line]:
    office = User.objects.get(username="office")
    company, regions, branches = (
        list(OrgUnit.objects.filter(source="bench", kind=kind).order_by("pk"))
        for kind in ("head_office", "region", "branch")
    )
    for kind, units in (("branch", branches[:: len(branches) // BRANCHES]), ("region", regions), ("company", company)):
        took = _dashboards(office, units)
        if kind == "branch":
            medians[size] = median(took.statements)
        yield from _told(f"{name}: dashboard of a {kind}", took, bar=None if kind == "company" else 1.0)
        yield _pages(f"{name}: page of a {kind}", office, "/insights/", [{"unit": unit.pk} | PERIOD for unit in units])
    addresses = [f"/region/bench:{unit.external_id}/" for unit in (*company, *regions[:5])]
    yield _pages(f"{name}: /region/ of company and regions", office, addresses, [{}] * len(addresses))
    yield _patterns(f"{name}: looking for patterns")
    with _duckdb() as duck:
        progress(f"{name}: DuckDB has the rows")
        for kind, unit in (("branch", branches[7]), ("region", regions[7]), ("company", company[0])):
            cut = Cut((unit.pk,), QUARTER, AT.date())
            by_part = compare(
                f"{name}: scores of a {kind} by program, channel and month: ours, DuckDB",
                partial(_parts, cut), partial(_parts_there, duck, cut), rounds=ROUNDS,
            )  # fmt: skip
            yield by_part
        for kind, unit in (("region, 24 months", regions[7]), ("company, 24 months", company[0])):
            cut = Cut((unit.pk,), YEARS, AT.date())
            ours = partial(free_cut, cut)
            yield compare(
                f"{name}: product, channel and month of a {kind}: ours, DuckDB", ours,
                partial(_free_cut_there, duck, cut), rounds=ROUNDS,
            )  # fmt: skip
            seconds = median(_seconds(ours) for _ in range(ROUNDS))
            yield Line(
                f"{name}: product, channel and month of a {kind}: within {CUTS} s", spent(seconds), spent(CUTS),
                CUTS / seconds, 1.0,
            )  # fmt: skip


# --- ours ---


def _dashboards(user: User, units: Sequence[OrgUnit]) -> Spent:
    """What `/insights/` reads, of each unit once; the first comes once more at the end, for the others' sake."""
    took = Spent()
    form = InsightsForm(PERIOD, today=AT.date())
    if not form.is_valid():
        raise AssertionError(form.errors)
    for number, unit in enumerate([units[0], *units] if len(units) > 1 else [*units] * 4):
        statements: list[float] = []
        with connection.execute_wrapper(partial(_clocked, statements)):
            whole = _seconds(partial(explore, principal=user, unit=unit, question=form.answer(), at=AT))
        if number:
            took.statements.append(sum(statements))
            took.whole.append(whole)
    return took


def _clocked(took: list[float], execute: Callable[..., Any], *args: Any) -> Any:
    began = time.perf_counter()
    try:
        return execute(*args)
    finally:
        took.append(time.perf_counter() - began)


def _told(name: str, took: Spent, *, bar: float | None) -> Iterator[Line]:
    p95 = percentile(took.statements, 0.95)
    yield Line(f"{name}: statements, p95", spent(p95), spent(OPENS), OPENS / p95, bar)
    yield Line(f"{name}: statements, median", spent(median(took.statements)), "")
    yield Line(
        f"{name}: with all that Python does but rendering, median and p95", spent(median(took.whole)),
        spent(percentile(took.whole, 0.95)),
    )  # fmt: skip


def _pages(name: str, user: User, path: str | list[str], questions: list[dict[str, Any]]) -> Line:
    """Each page once, after a first one; rendered, in this process."""
    client, took = Client(), []
    client.force_login(user)
    paths = [path] * len(questions) if isinstance(path, str) else path
    for number, (address, question) in enumerate([(paths[0], questions[0]), *zip(paths, questions, strict=True)]):
        began = time.perf_counter()
        page = client.get(address, question)
        if number:
            took.append(time.perf_counter() - began)
        if page.status_code != 200:
            raise AssertionError(f"{address} answered {page.status_code}")
    return Line(f"{name}, median and p95", spent(median(took)), spent(percentile(took, 0.95)))


def _patterns(name: str) -> Line:
    with transaction.atomic():
        seconds = _seconds(partial(look_for_patterns, at=AT))
        transaction.set_rollback(True)
    return Line(name, spent(seconds), "")


def _parts(cut: Cut) -> Figures:
    found: Figures = {}
    for row in score_rows(cut, "part"):
        own = tuple(row[name] or 0 for name in COUNTED)
        found[row["group"]] = tuple(map(sum, zip(own, found.get(row["group"], (0,) * 6), strict=True)))
    return found


# --- the same rows in DuckDB ---


@contextmanager
def _duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    """Facts and the tree, in memory."""
    with duckdb.connect(config={"threads": os.cpu_count() or 1}) as duck, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "facts.csv"
        _copied(FACTS, file)
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
        duck.execute(f"CREATE TABLE fact AS SELECT * FROM read_csv('{file}', header = false, columns = {{{columns}}})")
        file.unlink()
        pairs = UnitClosure.objects.values_list("ancestor_id", "descendant_id")
        duck.execute("CREATE TABLE closure (ancestor BIGINT, descendant BIGINT)")
        duck.executemany("INSERT INTO closure VALUES (?, ?)", list(pairs))
        yield duck


def _copied(rows: str, file: Path) -> None:
    statement = f"COPY ({rows}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, file.open("wb") as to, cursor.copy(statement) as copy:
        to.writelines(copy)


def _parts_there(duck: duckdb.DuckDBPyConnection, cut: Cut) -> Figures:
    now, before = cut.period, cut.period.previous
    sums = [
        f"count(*) FILTER ({which} AND day BETWEEN '{span.start}' AND '{span.end}')"
        for span in (now, before)
        for which in CLASSES
    ]
    return _asked(
        duck, cut, f"program_id, channel, date_trunc('month', day)::DATE, {', '.join(sums)}",
        since=before.start, until=now.end,
    )  # fmt: skip


def _free_cut_there(duck: duckdb.DuckDBPyConnection, cut: Cut) -> Figures:
    sums = [f"count(*) FILTER ({which})" for which in CLASSES]
    return _asked(
        duck, cut, f"product, channel, date_trunc('month', day)::DATE, {', '.join(sums)}",
        since=cut.period.start, until=cut.period.end,
    )  # fmt: skip


def _asked(duck: duckdb.DuckDBPyConnection, cut: Cut, figures: str, *, since: date, until: date) -> Figures:
    below = "SELECT descendant FROM closure WHERE ancestor = ?"
    rows = duck.execute(
        f"SELECT {figures} FROM fact WHERE unit_id IN ({below}) AND day BETWEEN ? AND ? GROUP BY 1, 2, 3",
        [*cut.units, since, until],
    ).fetchall()
    return {row[:3]: tuple(row[3:]) for row in rows}


# --- figures ---


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentile(found: Sequence[float], share: float) -> float:
    """The smallest that at least `share` of all do not exceed."""
    return sorted(found)[math.ceil(share * len(found)) - 1]


def _gigabytes() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size: int = cursor.fetchone()[0]
    return size / 1e9
