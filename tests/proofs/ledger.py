"""The decisions about 1,000,000 interactions, three each, add up to the row, and replaying them from what is stored
gives each of them again; nothing waits for ever, and versions that are published in the midst of windows ask nobody
twice.

Two rounds of visits by half as many people. `visits`: strata and a quota per branch; another lot, rate and quarantine
from the second round on. `homes`: households, a minimum, a cap, windows since answers and bounces. `targets`: no
quarantine, and whoever was asked within 5 days (within 8, from the second round on) waits; it ends on the ninth day.
Hand-offs are rows set by SQL, an hour after each round. It needs some 45 minutes, about a minute and a half per 100,000
decisions.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.test import override_settings

from crm.models import Interaction
from surveys.models import Decision, Program, Reason, TriggerRun, Turn
from surveys.sampling import draw, drawn
from surveys.services.designing.drafting import draft_version
from surveys.services.explaining import explain
from surveys.services.ledgers import check_identities
from surveys.services.triggering.replaying import replay
from surveys.services.triggering.running import run_trigger
from tests.factories import surveys as ask
from tests.proofs.ledger_rows import answer, hand_off, number, run, settle, visit
from tests.proofs.record import proof, say, scaled
from tests.world import NOW, World, build_world

SEED, INTERACTIONS, BATCH = 20261122, 1_000_000, 50_000
PROGRAMS, SAMPLE, DAY = 3, 20, timedelta(days=1)
PERSON = {"per": "person", "among": "any", "then": "block"}
HOMES = [
    PERSON | {"since": "asked", "days": 30, "per": "household"},
    PERSON | {"since": "answered", "days": 20},
    PERSON | {"since": "bounced", "days": 20},
]
DELAY = PERSON | {"since": "asked", "days": 5, "then": "delay"}
VIP = {"name": "private", "rate": "0.5", "condition": {"filter": "segment", "value": "private"}}
WAITED = {"filter": "attribute", "value": {"name": "wait_minutes", "op": "gte", "value": 4}}
# the words by which each reason is known, and no other
SAID = {
    "program_over": "^The program's time was over on",
    "too_old": "^It happened on .* the program asks within",
    "not_eligible": "is outside the condition of version",
    "erased": "data were erased",
    "on_hold": "^The customer was on hold: complaint",
    "no_address": "^No usable address",
    "refused": "does not want to be asked",
    "suppressed": "^The address must not be written to",
    "other_program": "It leaves the customers there to|^Kept for",
    "quarantined": "was last asked on|was on its way",
    "answered_lately": "last answered on",
    "bounced_lately": "had a message that came back on",
    "capped": "asks nobody more than",
    "other_occasion": "occasions at the same time; chance chose another",
    "not_drawn": "^Not in the sample of|^Not drawn: of the unit's",
    "over_quota": "quota of .* left room for",
    "asked": "^Asked: nothing spoke against it",
}
PROMISES = ["adds_up", "nothing_waits", "delays_add_up", "replays", "nobody_twice", "change_matters", "explained"]

OF_EACH = """
SELECT count(*) FROM (
    SELECT d.program_id, coalesce(t.interaction_id, substr(d.occasion, 13)::bigint) AS interaction_id
    FROM surveys_decision d LEFT JOIN surveys_turn t ON d.occasion = 'turn:' || t.id
    GROUP BY 1, 2 HAVING count(*) = 1
) once
"""
SEEN = "DROP TABLE IF EXISTS seen; CREATE TEMPORARY TABLE seen AS SELECT id, due_at FROM surveys_turn"
PUT_OFF = "SELECT count(*) FROM seen JOIN surveys_turn t USING (id) WHERE t.due_at > seen.due_at"
# hand-offs of a version that came sooner after another to the person than that version allows
TOO_CLOSE = """
SELECT count(*) FROM (
    SELECT version_id,
           handed_off_at - lag(handed_off_at) OVER (PARTITION BY l.customer_id ORDER BY handed_off_at) AS gap
    FROM surveys_contactledger l LEFT JOIN surveys_invitation i ON i.contact_id = l.id
) asked JOIN surveys_programversion v ON v.id = version_id
WHERE gap < greatest(quarantine_days, (SELECT max((r ->> 'days')::int) FROM jsonb_array_elements(contact_rules) r
                                       WHERE r ->> 'since' = 'asked')) * interval '1 day'
"""
TWICE = """
SELECT count(*) FROM (SELECT FROM surveys_invitation GROUP BY program_id, interaction_id HAVING count(*) > 1) twice
"""
AGAIN = "SELECT count(*) FROM (SELECT FROM surveys_invitation GROUP BY customer_id HAVING count(*) > 1) again"


@dataclass
class Story:
    """What was seen while the runs went on, beside what they say of themselves."""

    born: int = 0
    put_off: int = 0

    def decide(self, *, at: datetime) -> None:
        """All that waits, and its hand-off an hour later."""
        runs: list[TriggerRun] = [TriggerRun()]
        while runs:
            before = Turn.objects.count()
            run(SEEN, {})
            runs = run_trigger(at=at, limit=BATCH)
            self.born += Turn.objects.count() - before
            self.put_off += number(PUT_OFF)
            for each in runs:
                say(f"{at:%d %b %H:%M} {each.interactions} interactions, {each.turns} turns: {each.counts}")
        hand_off(at=at + timedelta(hours=1))


def main() -> None:
    with proof("ledger", seed=SEED, promises=PROMISES) as figures:
        world = build_world()
        visits, targets = _furnish(world, people=max(1000, scaled(INTERACTIONS)) // 2)
        story = Story()
        story.decide(at=NOW)
        _change(visits, seed="winter", sampling_rate="0.5", quarantine_days=10, program_quarantine_days=10, strata=[])
        _change(targets, seed="winter", contact_rules=[DELAY | {"days": 8}])
        visit(world, number=1, at=NOW + 2 * DAY)
        answer(world, targets, at=NOW + DAY)
        with override_settings(ALLOCATE_CONTACTS=True):
            story.decide(at=NOW + 2 * DAY)
        for days in (5, 8, 8.5, 10, 11, 40):
            story.decide(at=NOW + days * DAY)
        figures.update(_added_up(story) | _replayed() | _asked(visits) | _explained())


def _furnish(world: World, people: int) -> tuple[Program, Program]:
    visits, targets = ask.program(code="visits"), ask.program(code="targets", active_until=NOW + 9 * DAY)
    ask.version(program=visits, strata=[VIP], quota=people // 20, period="day", sampling_rate="0.2")
    ask.version(
        program=ask.program(code="homes"), contact_rules=HOMES, sampling_rate="0.1", yearly_cap=1, condition=WAITED,
        minimum=people // 50,
    )  # fmt: skip
    ask.version(
        program=targets, target=max(5, people // 100), contact_rules=[DELAY], max_age_days=30, quarantine_days=0,
        program_quarantine_days=0,
    )  # fmt: skip
    settle(world, visits, people)
    visit(world, number=0, at=NOW - timedelta(hours=1))
    say(f"{people} people")
    return visits, targets


def _change(program: Program, **settings: Any) -> None:
    draft = draft_version(program=program, at=NOW + DAY)
    for name, value in settings.items():
        setattr(draft, name, value)
    draft.published_at = NOW + DAY
    draft.save()  # in force from here on


def _added_up(story: Story) -> dict[str, Any]:
    """The rows themselves say that each interaction has one decision of each program; those put off are counted from
    the turns as they were before and after each run."""
    interactions, decisions = Interaction.objects.count(), Decision.objects.count()
    runs = [(r.interactions > 0, sum(c.get("delayed", 0) for c in r.counts.values())) for r in TriggerRun.objects.all()]
    first, again = (sum(delayed for of, delayed in runs if of is new) for new in (True, False))
    waiting = Interaction.objects.filter(triggered_at=None).count() + Turn.objects.filter(triggered_at=None).count()
    kept = [each for each in check_identities() if not each.name.startswith("contacts handed_off")]  # those of before
    once = number(OF_EACH)
    return {
        "decisions": decisions, "interactions": interactions, "waiting": waiting,
        "delayed": first + again, "turns": Turn.objects.count(), "put_off_again": story.put_off,
        "adds_up": once == decisions == interactions * PROGRAMS and all(each.holds for each in kept),
        "nothing_waits": waiting == 0,
        "delays_add_up": (first, again) == (story.born, story.put_off) and min(first, again) > 0
        and story.born == Turn.objects.count(),
    }  # fmt: skip


def _replayed() -> dict[str, Any]:
    differences = 0
    for each in TriggerRun.objects.order_by("pk"):
        differences += sum(1 for _ in replay(run=each))
        say(f"run {each.pk} replayed, {differences} differences")
    counted = sum(n for each in TriggerRun.objects.all() for c in each.counts.values() for r, n in c.items())
    delayed = sum(c.get("delayed", 0) for each in TriggerRun.objects.all() for c in each.counts.values())
    whole = counted - delayed == Decision.objects.filter(run__in=TriggerRun.objects.all()).count()
    return {"differences": differences, "replays": differences == 0 and whole}


def _asked(visits: Program) -> dict[str, Any]:
    """`changed`: occasions that the new version drew otherwise than the old one would have; `kept`: persons whom it
    would have asked, had the old one not done so within its window; `longer`: turns that the old rule had put off until
    a day on which the new one put them off again."""
    old, new = visits.versions.order_by("number")
    frame = Decision.objects.filter(version=new, inputs__has_key="competing").values_list("occasion", "stratum")
    changed = sum(
        drawn(draw(old.seed, "visits", occasion), Decimal("0.2"))
        != drawn(draw(new.seed, "visits", occasion), new.sampling_rate)
        for occasion, _ in frame.iterator()
    )
    kept = Decision.objects.filter(version=new, reason=Reason.QUARANTINED, inputs__last_asked_at__gte=NOW.isoformat())
    matters = {
        "changed": changed, "kept": kept.count(),
        "longer": Turn.objects.filter(delays__gt=1, delayed_by__days=8, created_at=NOW).count(),
    }  # fmt: skip
    close, twice = number(TOO_CLOSE), number(TWICE)
    return matters | {
        "asked_again_later": number(AGAIN), "too_close": close, "twice": twice,
        "nobody_twice": close == twice == 0, "change_matters": all(matters.values()),
    }  # fmt: skip


def _fits(reason: str, sentence: str) -> bool:
    """Whether the draw that is told lies on the side of the told rate that it was decided on; both are rounded."""
    draw_, rate = (re.search(rf"{words}([0-9.]+)%", sentence) for words in ("[Tt]he draw(?:,| was) ", "the sample of "))
    if draw_ is None or rate is None:
        return True
    side = Decimal(draw_[1]) - Decimal(rate[1])
    return side <= 0 if reason == Reason.ASKED else side >= 0


def _explained() -> dict[str, Any]:
    """Of every reason that there is some sentences, each with the words of its own reason and of no other, with no day
    that is not stored, and with a draw on the right side of the rate; some of units with lots among them."""
    reasons = dict(Decision.objects.order_by().values_list("reason").annotate(Count("pk")))
    wrong, by_lot = [], 0
    for reason in Reason.values:
        rows = Decision.objects.filter(reason=reason).select_related("version__program")
        of_lots = list(rows.filter(inputs__has_key="lots")[:SAMPLE])
        by_lot += len(of_lots)
        for decision in [*rows[:SAMPLE], *of_lots]:
            sentence, stored = explain(decision), json.dumps(decision.inputs)
            found = [name for name, words in SAID.items() if re.search(words, sentence)]
            days = re.findall(r"\d{4}-\d\d-\d\d", sentence)
            if found != [reason] or not _fits(reason, sentence) or any(day not in stored for day in days):
                wrong.append(f"{reason}: {sentence}")
    say(f"sentences that are not of their reason: {wrong[:5]}")
    whole = set(reasons) == set(Reason.values) == set(SAID)
    return {"reasons": reasons, "explained_with_lots": by_lot, "explained": not wrong and whole}
