"""What one program version makes of the claimed occasions: whom it asks, and why not the others."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, IntegerField, Q, Value, When

from common.conditions import compile_condition
from common.sql import named_sql
from surveys.contact_rules import MARGIN, YEAR
from surveys.deciding import Rules
from surveys.filters import OccasionFilter
from surveys.models import Occasion, Program, ProgramVersion
from surveys.services.consent_sql import LAST_WORD, REFUSED
from surveys.services.triggering import judging_sql as sql
from surveys.services.triggering.allocating_sql import KEPT_TABLE
from surveys.services.triggering.calls_sql import call_slots
from surveys.services.triggering.drawing_sql import STANDING_TABLE, by_unit, drawing_slots, standing_sql
from surveys.services.triggering.rules import period_around, rate_of, rules_of, shared_by, wanted_of
from surveys.services.triggering.tables import LIVE, Tables, execute, fetch
from surveys.services.triggering.windows_sql import windows_of

MATURE, YOUNG = timedelta(days=37), timedelta(days=7)  # of invitations: how many were answered by now


def make_room() -> None:
    """The tables of the judge, for this transaction."""
    for statement in (sql.ELIGIBLE_TABLE, sql.VERDICT_TABLE, STANDING_TABLE, KEPT_TABLE):
        execute(statement)


def judge(version: ProgramVersion, values: dict[str, Any], tables: Tables = LIVE) -> dict[str, int]:
    """Decisions of `version` about its occasions in `trigger_claim`: {reason: how many}; `delayed` are those that wait,
    of which there is no decision yet.

    They are in `tables.decisions`, and in `trigger_verdict` for what follows (until the next version). Contacts are
    read from `tables.ledger`, how units stand from `tables.invitations` and `tables.responses`. `values` as `values_of`
    gives them.
    """
    names = asdict(tables)
    eligible, eligible_values = eligible_sql(version, tables)
    execute("TRUNCATE trigger_verdict")
    execute(sql.ELIGIBLE.format(eligible=eligible), eligible_values)
    if by_unit(wanted := wanted_of(version)):
        execute(standing_sql(wanted, names), values)
    windows = windows_of(rules_of(version), at=values["at"], tables=tables)
    slots = {**windows.slots, **_slots(version)}
    execute(sql.DECIDE.format(**slots, **names), {**values, **windows.values})
    return dict(fetch(sql.COUNTS))


def _slots(version: ProgramVersion) -> dict[str, str]:
    rules = rules_of(version)
    slots = {"digest": sql.DIGEST, "draw": sql.DRAW, "choice": sql.CHOICE, "lot": sql.LOT.format(unsigned=sql.DRAW)}
    slots |= {"last_word": LAST_WORD.format(joined="i.joined_at")}
    slots |= {"refused": REFUSED.format(consent="consent", required="%(consent_required)s")}
    slots |= {"ranked": sql.RANKED_AMONG if shared_by(rules) else sql.RANKED}
    slots |= drawing_slots(version, wanted_of(version)) | call_slots(version)
    slots["inputs"] += _further_inputs(rules)
    return slots


def _further_inputs(rules: Rules) -> str:
    """What a replay needs beyond the plain case."""
    lasts = ", ".join(f"last_{n}" for n in range(len(rules.further)))
    return (
        (f", 'windows', jsonb_build_array({lasts})" if rules.further else "")
        + (", 'in_year', in_year" if rules.yearly_cap is not None else "")
        + (", 'bonds', CASE WHEN bar IS NULL THEN bonds END" if shared_by(rules) else "")
    )


def eligible_sql(version: ProgramVersion, tables: Tables = LIVE) -> tuple[str, dict[str, Any]]:
    """The claimed occasions that a version's condition is true of, each with the place of its stratum (the first that
    is true; null: none), as SQL with named values.

    The kind that triggers a version is a part of its condition, where interactions are what it asks about. What was
    asked and answered before is that of `tables`.
    """
    condition = compile_condition(version.condition, OccasionFilter)
    if version.interaction_kind_id is not None and version.program.kind in Program.OF_INTERACTIONS:
        condition &= Q(kind=version.interaction_kind_id)
    own = Q(program=None) | Q(program=version.program_id)
    strata = [
        When(compile_condition(part.get("condition") or {}, OccasionFilter) or Q(pk__gt=0), then=Value(place))
        for place, part in enumerate(version.strata)
    ]
    rows = Occasion.objects.filter(own, condition).order_by()
    placed = rows.annotate(stratum=Case(*strata, default=None, output_field=IntegerField()))
    text, values = named_sql(placed.values("pk", "stratum").distinct(), "condition")
    return tables.looked_back_at(text), values


def values_of(version: ProgramVersion, *, at: datetime, run_id: int) -> dict[str, Any]:
    """The named values of the statements."""
    program = version.program
    due_at = at + timedelta(minutes=version.delay_minutes)
    today = at.astimezone(UTC).date()
    began, ends = period_around(at, version.period)
    return {
        "at": at,
        "due_at": due_at,
        "expires_at": due_at + timedelta(days=version.expiry_days),
        "oldest": at - timedelta(days=version.max_age_days),
        "patience": timedelta(days=version.max_age_days) - MARGIN,
        "quarantine": at - timedelta(days=version.quarantine_days),
        "program_quarantine": at - timedelta(days=version.program_quarantine_days),
        "year_ago": at - YEAR,
        "program_until": program.active_until,
        "contact_rules": json.dumps(version.contact_rules),
        "today": today,
        "month": f"{today:%Y-%m}",
        "week_ago": today - timedelta(days=7),
        "mature_from": at - MATURE,
        "mature_until": at - YOUNG,
        "period_began": began,
        "period_ends": ends,
        "program_id": program.pk,
        "program": program.code,
        "kind": program.kind,
        "version_id": version.pk,
        "number": version.number,
        "run_id": run_id,
        "seed": version.seed,
        "rate": version.sampling_rate,
        "quota": version.quota,
        "target": version.target,
        "minimum": version.minimum,
        "channel": version.channel,
        "consent_required": version.consent_required,
        "pers": shared_by(rules_of(version)),
        "languages": [language.lower() for language in version.wording],
        "default_language": version.default_language,
        "domain": settings.MAIL_DOMAIN,
    } | _of_strata(version)


def _of_strata(version: ProgramVersion) -> dict[str, Any]:
    rates = {f"rate_{place}": rate_of(part) for place, part in enumerate(version.strata)}
    return rates | {f"stratum_{place}": part["name"] for place, part in enumerate(version.strata)}
