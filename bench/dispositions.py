"""What became of 1,000,000 invitations: the page from the rollup, against counting each of them; and what keeping the
rollup right costs when a thousand answers came.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from analytics.maths.scorecards import Period
from analytics.services.filling import fill_invitations, rebuild
from analytics.services.tallying import Cut
from analytics.services.tallying_dispositions import Found, counted_now, ended
from bench.fold import ORGANIZATION
from bench.timing import Line, compare, progress, spent
from common.models import User
from crm.models import OrgUnit
from surveys.models import Program, ProgramVersion, Response

MADE = 1_000_000
SQL = Path(__file__).with_suffix(".sql")
OPENS = 0.5  # seconds within which the page is there
ROUNDS = 7


def run(scale: float) -> Iterator[Line]:
    at = timezone.now()
    _furnish(int(MADE * scale), at)
    began = time.perf_counter()
    while fill_invitations(at=at, limit=50_000):
        pass
    progress(f"dispositions: taken in within {time.perf_counter() - began:.0f} s")
    _execute("VACUUM ANALYZE")
    company = OrgUnit.objects.get(source="bench", external_id="0").pk
    year = Period((at - timedelta(days=365)).date(), at.date())
    cut = Cut((company,), year, at.date())
    yield compare(
        "what became of a year's invitations: rollup, counting each", partial(_from_rollup, cut, at),
        partial(_one_by_one, cut, at), rounds=3,
    )  # fmt: skip
    for name, period in (("90 days", {}), ("a year", {"from": f"{year.start}", "to": f"{year.end}"})):
        yield _page(f"the page of {name}: opens, {OPENS:g} s", company, period)
    yield _late(at)
    began = time.perf_counter()
    rebuild(at=at)
    progress(f"dispositions: computed anew within {time.perf_counter() - began:.0f} s")


def _furnish(made: int, at: datetime) -> None:
    _execute(ORGANIZATION.replace("generate_series(0, 30)", "generate_series(0, 210)"))
    first = Program.objects.get(code="bench")
    for number, program in enumerate((first, Program.objects.create(code="bench-2", name="bench 2", active=True))):
        ProgramVersion.objects.create(
            program=program, number=1, seed=f"bench-{number}", created_at=at, published_at=at, default_language="en"
        )
    with connection.cursor() as cursor:
        cursor.execute(SQL.read_text(), {"made": made, "at": at})
    _execute("VACUUM ANALYZE")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _from_rollup(cut: Cut, at: datetime) -> dict[Any, Any]:
    return _figures(ended(cut, "program", "channel", "month", at=at))


def _one_by_one(cut: Cut, at: datetime) -> dict[Any, Any]:
    return _figures(Found([*counted_now(cut, "program", "channel", "month", at=at, which=Q())]))


def _figures(found: Found) -> dict[Any, Any]:
    return {key: dict(counts) for key, (counts, _) in found.by(lambda row: (row.group, row.month)).items()}


def _page(name: str, unit: int, period: dict[str, str]) -> Line:
    settings.ALLOWED_HOSTS = ["testserver"]
    client, taken = Client(), []
    client.force_login(User.objects.get_or_create(username="bench", is_superuser=True, is_staff=True)[0])
    for _ in range(ROUNDS):
        began = time.perf_counter()
        page = client.get("/insights/dispositions/", {"unit": str(unit), **period})
        taken.append(time.perf_counter() - began)
        if page.status_code != 200 or b"invitations went out" not in page.content:
            raise AssertionError(page.status_code)
    return Line(name, spent(median(taken)), spent(OPENS), OPENS / median(taken), 1.0)


def _late(at: datetime) -> Line:
    """A thousand answers change; until they are taken in they are counted by themselves."""
    newest = Response.objects.order_by("-pk").values("pk")[:1_000]
    taken = []
    for status in ("partial", "complete", "partial"):
        Response.objects.filter(pk__in=newest).update(status=status)
        began = time.perf_counter()
        fill_invitations(at=at)
        taken.append(time.perf_counter() - began)
    return Line("taking in 1,000 answers that changed", spent(median(taken)), "")
