"""The survey trigger: whom to ask and why not. docs/algorithms/selecting.md tells it in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import RawSQL

from common.claims import work_off
from common.conditions import compile_condition
from common.models import Event
from common.queue import enqueue
from common.sql import named_sql
from crm.models import Interaction
from crm.services.profiles import profiles_of
from surveys.filters import OccasionFilter
from surveys.models import Program, ProgramVersion, TriggerRun
from surveys.partitions import ensure_partitions, take_lock
from surveys.services import selection_sql as sql

CLAIMED = ("id", "customer_id", "kind_id", "unit_id", "employee_id", "occurred_at")  # columns of an interaction


def run_trigger(*, at: datetime, limit: int = 50_000) -> list[TriggerRun]:
    """Decide about up to `limit` interactions that no trigger has seen yet; the runs, of which there are several where
    an interaction is at fault (`work_off`), and none when nothing waits.

    Every active program that asks decides about every one of them and leaves a Decision each; the asked get an
    invitation, a place in the contact ledger and a message. All of it, and the interactions' mark, in one transaction.
    """
    runs: list[int] = []
    waiting = Interaction.objects.all()
    work_off(waiting, "triggered_at", lambda rows: _run(rows, runs, at), at=at, limit=limit)
    return list(TriggerRun.objects.filter(pk__in=runs).order_by("pk"))  # some may have been undone


def _run(waiting: QuerySet[Interaction], runs: list[int], at: datetime) -> int:
    claimed = _claim(waiting)
    if not claimed:
        return 0
    run = TriggerRun.objects.create(at=at, interactions=claimed)
    for version in versions_in_force():
        run.counts[version.program.code] = _decide(version, run)
    _execute(sql.MARK, {"at": at})
    run.finished_at = at
    run.save(update_fields=["counts", "finished_at"])
    asked = sum(counts.get("asked", 0) for counts in run.counts.values())
    Event.objects.record("trigger.ran", subject=run, at=at, interactions=claimed, asked=asked)
    if asked:
        enqueue("surveys.tasks.dispatch")
    runs.append(run.pk)
    return claimed


def versions_in_force() -> list[ProgramVersion]:
    """The newest published version of every active program that asks, in the order in which they may claim a person:
    relationship programs first (they come round rarely), then the older program."""
    newest = ProgramVersion.objects.filter(program=OuterRef("program"), published_at__isnull=False).order_by("-number")
    rank = Case(When(program__kind=Program.Kind.RELATIONSHIP, then=Value(0)), default=Value(1))
    versions = ProgramVersion.objects.filter(program__active=True, pk=Subquery(newest.values("pk")[:1]))
    asking = versions.exclude(program__kind=Program.Kind.COLLECTED).select_related("program")
    return list(asking.order_by(rank, F("program_id")))


def _claim(waiting: QuerySet[Interaction]) -> int:
    take_lock()  # one run decides at a time, which is what makes quarantine exact
    _execute(sql.DROP)
    text, values = named_sql(waiting.order_by().values(*CLAIMED), "waiting")
    claimed = _execute(sql.CLAIM.format(waiting=text), values)
    if not claimed:
        return 0
    for statement in (sql.IDENTITY, sql.PROFILE_TABLE, sql.ELIGIBLE_TABLE, sql.VERDICT_TABLE, sql.ANALYZE):
        _execute(statement)
    _put_profiles()
    with connection.cursor() as cursor:
        cursor.execute(sql.DAYS)
        ensure_partitions([row[0] for row in cursor.fetchall()])
    return claimed


def _put_profiles() -> None:
    """Whose values count for persons with several rows; most runs have none, and ask only that."""
    with connection.cursor() as cursor:
        cursor.execute(sql.KNOWN_TWICE)
        people = [row[0] for row in cursor.fetchall()]
    if people:
        found = profiles_of(people)
        names, languages = [found[p].given_name for p in people], [found[p].language for p in people]
        _execute(sql.PROFILES, {"people": people, "names": names, "languages": languages})


def _decide(version: ProgramVersion, run: TriggerRun) -> dict[str, int]:
    """Decisions of one version about everything claimed, and what follows for the asked: {reason: how many}."""
    values = _values(version, run)
    eligible, eligible_values = eligible_sql(version)
    _execute(sql.ELIGIBLE.format(eligible=eligible), eligible_values)
    _execute(sql.DECIDE.format(digest=sql.DIGEST, draw=sql.DRAW, choice=sql.CHOICE), values)
    with connection.cursor() as cursor:
        cursor.execute(sql.COUNTS)
        counts = dict(cursor.fetchall())
    for statement in (sql.KNOW, sql.INVITE, sql.FORGET):
        _execute(statement, values)
    return counts


def _values(version: ProgramVersion, run: TriggerRun) -> dict[str, Any]:
    program, at = version.program, run.at
    due_at = at + timedelta(minutes=version.delay_minutes)
    return {
        "at": at,
        "due_at": due_at,
        "expires_at": due_at + timedelta(days=version.expiry_days),
        "oldest": at - timedelta(days=version.max_age_days),
        "quarantine": at - timedelta(days=version.quarantine_days),
        "program_quarantine": at - timedelta(days=version.program_quarantine_days),
        "program_id": program.pk,
        "program": program.code,
        "kind": program.kind,
        "version_id": version.pk,
        "number": version.number,
        "run_id": run.pk,
        "seed": version.seed,
        "rate": version.sampling_rate,
        "channel": version.channel,
        "consent_required": version.consent_required,
        "languages": [language.lower() for language in version.wording],
        "default_language": version.default_language,
        "domain": settings.MAIL_DOMAIN,
    }


def eligible_sql(version: ProgramVersion) -> tuple[str, dict[str, Any]]:
    """The claimed interactions that a version's condition is true of, as SQL with named values.

    The kind that triggers the version is a part of its condition.
    """
    condition = compile_condition(version.condition, OccasionFilter)
    if version.interaction_kind_id is not None:
        condition &= Q(kind=version.interaction_kind_id)
    claimed = RawSQL("SELECT interaction_id FROM trigger_claim", ())  # keeps the condition off the whole table
    query = Interaction.objects.filter(condition, pk__in=claimed).order_by().values("pk").distinct()
    return named_sql(query, "condition")


def _execute(statement: str, values: Mapping[str, Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
