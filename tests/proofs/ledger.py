"""The decisions of 1,000,000 occasions add up to the row, and replaying them from what is stored gives each of them
again; a version that is published while half of them wait asks nobody twice.

Visits of one day by half as many people, strata, a quota per branch, a target, household rules and a delay; three
programs, one of which gets its new version in the midst. `tests.proofs.ledger` needs about a minute per 100,000.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count

from surveys.models import Decision, Invitation, Program, TriggerRun
from surveys.services.designing.drafting import draft_version
from surveys.services.explaining import explain
from surveys.services.ledgers import check_identities
from surveys.services.triggering.replaying import replay
from surveys.services.triggering.running import run_trigger
from tests.factories import surveys as ask
from tests.proofs.record import proof, say, scaled
from tests.world import NOW, World, build_world

SEED, OCCASIONS, BATCH = 20261122, 1_000_000, 50_000
PROGRAMS = 3
HOUSEHOLD = {"since": "asked", "days": 30, "per": "household", "among": "any", "then": "block"}
DELAY = {"since": "asked", "days": 5, "per": "person", "among": "program", "then": "delay"}
VIP = {"name": "private", "rate": "0.5", "condition": {"filter": "segment", "value": "private"}}
PEOPLE = """
INSERT INTO crm_customer (source, external_id, given_name, family_name, language, zone, segment, unit_id, attributes,
                          as_of)
  SELECT 'proof', n::text, 'Given', '', 'en', '', CASE WHEN n %% 7 = 0 THEN 'private' ELSE 'retail' END, %(unit)s, '{}',
         '2026-01-01Z' FROM generate_series(1, %(people)s) n;
INSERT INTO crm_contactpoint (customer_id, channel, address, normalized, address_hash, preferred, unusable_why)
  SELECT id, 'email', 'c' || id || '@example.org', 'c' || id || '@example.org', 'h' || id, true, ''
  FROM crm_customer WHERE source = 'proof' AND id %% 11 > 0;
INSERT INTO crm_account (source, external_id, name, kind, segment, attributes, as_of)
  SELECT 'proof', n::text, 'Home', 'household', '', '{}', '2026-01-01Z' FROM generate_series(1, %(people)s / 20) n;
INSERT INTO crm_accountmember (account_id, customer_id, role, weight)
  SELECT a.id, c.id, 'member', 1 FROM crm_customer c JOIN crm_account a
    ON a.source = 'proof' AND c.source = 'proof' AND a.external_id::int = c.external_id::int / 3;
INSERT INTO surveys_contactledger (customer_id, program_id, program_kind, state, reserved_at, handed_off_at)
  SELECT id, %(program)s, 'transactional', 'handed_off', at, at FROM crm_customer,
       LATERAL (SELECT %(at)s - id %% 120 * interval '1 day' AS at) moment
  WHERE source = 'proof' AND id %% 3 = 0;
INSERT INTO crm_interaction (source, external_id, kind_id, customer_id, unit_id, product, channel, occurred_at,
                             received_at, as_of, attributes)
  SELECT 'proof', c.external_id || '-' || n, %(kind)s, c.id, (%(units)s)[1 + c.id %% 2], '', 'branch', at, at, at,
         jsonb_build_object('wait_minutes', c.id %% 40)
  FROM crm_customer c, generate_series(1, 2) n, LATERAL (SELECT %(at)s - c.id %% 36000 * interval '1 s' AS at) moment
  WHERE c.source = 'proof';
"""


def main() -> None:
    promises = ["adds_up", "all_decided", "replays", "nobody_twice", "explained"]
    with proof("ledger", seed=SEED, promises=promises) as figures:
        interactions = max(1000, scaled(OCCASIONS) // PROGRAMS)
        visits = _furnish(build_world(), people=interactions // 2)
        _decide(visits, until=interactions // 2)
        draft = draft_version(program=visits, at=NOW)
        draft.published_at = NOW + timedelta(minutes=1)
        draft.save()  # in force from here on, with other words and the same seed
        _decide(visits, until=None)
        figures.update(_found())


def _furnish(world: World, people: int) -> Program:
    visits = ask.program(code="visits")
    ask.version(program=visits, strata=[VIP], quota=people // 20, sampling_rate="0.2")
    ask.version(program=ask.program(code="homes"), contact_rules=[HOUSEHOLD], sampling_rate="0.1")
    ask.version(program=ask.program(code="targets"), target=max(5, people // 100), contact_rules=[DELAY])
    say(f"{people} people with two visits each")
    values: dict[str, Any] = {
        "people": people, "unit": world.harbour.pk, "units": [world.harbour.pk, world.mill.pk], "kind": world.visit.pk,
        "at": NOW - timedelta(hours=1), "program": visits.pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, values)
        cursor.execute("ANALYZE")
    return visits


def _decide(visits: Program, until: int | None) -> None:
    decided = 0
    limit = BATCH if until is None else min(BATCH, until)
    while (until is None or decided < until) and (runs := run_trigger(at=NOW + timedelta(minutes=2), limit=limit)):
        decided += sum(run.interactions for run in runs)
        say(f"{decided} interactions decided, version {visits.version.number if visits.version else 0} in force")


def _found() -> dict[str, Any]:
    differences = explained = replayed = 0
    for run in TriggerRun.objects.order_by("pk"):
        differences += sum(1 for _ in replay(run=run))
        replayed += sum(sum(counts.values()) for counts in run.counts.values())
        say(f"run {run.pk} replayed, {differences} differences")
    reasons = dict(Decision.objects.order_by().values_list("reason").annotate(Count("pk")))
    for reason in reasons:
        samples = Decision.objects.filter(reason=reason).select_related("version")[:20]
        explained += all(explain(decision) for decision in samples)
    twice = Invitation.objects.values("customer").annotate(n=Count("pk")).filter(n__gt=1).count()
    identities = check_identities()[:5]
    return {
        "decisions": sum(reasons.values()), "replayed": replayed, "reasons": reasons, "differences": differences,
        "versions": Decision.objects.filter(program__code="visits").values("version").distinct().count(),
        "adds_up": all(identity.holds for identity in identities),
        "all_decided": identities[0].left > 0, "replays": differences == 0, "nobody_twice": twice == 0,
        "explained": explained == len(reasons),
    }  # fmt: skip
