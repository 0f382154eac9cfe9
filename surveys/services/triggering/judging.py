"""What one program version makes of the claimed occasions: whom it asks, and why not the others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from common.conditions import compile_condition
from common.sql import named_sql
from surveys.filters import OccasionFilter
from surveys.models import Occasion, Program, ProgramVersion
from surveys.services.triggering import judging_sql as sql
from surveys.services.triggering.tables import LIVE, Tables, execute, fetch


def make_room() -> None:
    """The tables of the judge, for this transaction."""
    for statement in (sql.ELIGIBLE_TABLE, sql.VERDICT_TABLE):
        execute(statement)


def judge(version: ProgramVersion, values: dict[str, Any], tables: Tables = LIVE) -> dict[str, int]:
    """Decisions of `version` about its occasions in `trigger_claim`: {reason: how many}.

    They are in `tables.decisions`, and in `trigger_verdict` for what follows (until the next version). Contacts are
    read from `tables.ledger`. `values` as `values_of` gives them.
    """
    eligible, eligible_values = eligible_sql(version)
    execute("TRUNCATE trigger_verdict")
    execute(sql.ELIGIBLE.format(eligible=eligible), eligible_values)
    names = {"ledger": tables.ledger, "decisions": tables.decisions}
    execute(sql.DECIDE.format(digest=sql.DIGEST, draw=sql.DRAW, choice=sql.CHOICE, **names), values)
    return dict(fetch(sql.COUNTS))


def eligible_sql(version: ProgramVersion) -> tuple[str, dict[str, Any]]:
    """The claimed occasions that a version's condition is true of, as SQL with named values.

    The kind that triggers a version is a part of its condition, where interactions are what it asks about.
    """
    condition = compile_condition(version.condition, OccasionFilter)
    if version.interaction_kind_id is not None and version.program.kind in Program.OF_INTERACTIONS:
        condition &= Q(kind=version.interaction_kind_id)
    own = Q(program=None) | Q(program=version.program_id)
    return named_sql(Occasion.objects.filter(own, condition).order_by().values("pk").distinct(), "condition")


def values_of(version: ProgramVersion, *, at: datetime, run_id: int) -> dict[str, Any]:
    """The named values of the statements."""
    program = version.program
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
        "run_id": run_id,
        "seed": version.seed,
        "rate": version.sampling_rate,
        "channel": version.channel,
        "consent_required": version.consent_required,
        "languages": [language.lower() for language in version.wording],
        "default_language": version.default_language,
        "domain": settings.MAIL_DOMAIN,
    }
