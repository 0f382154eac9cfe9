"""The survey trigger: whom to ask and why not. docs/algorithms/selecting.md tells it in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet

from common.claims import one_at_a_time, work_off
from common.models import Event
from common.queue import enqueue
from crm.models import Interaction
from surveys.models import ProgramVersion, TriggerRun, Turn
from surveys.services.health.counting import count_decided
from surveys.services.occasions.gathering import gather_turns
from surveys.services.triggering.allocating import allocate
from surveys.services.triggering.claiming import claim_interactions, claim_turns, hold_persons, know_the_claimed
from surveys.services.triggering.drawing_sql import by_unit
from surveys.services.triggering.in_force import at_once, versions_in_force, versions_over
from surveys.services.triggering.inviting import invite
from surveys.services.triggering.judging import judge, make_room, values_of
from surveys.services.triggering.rules import rules_of, wanted_of
from surveys.services.triggering.setting_aside import set_aside
from surveys.services.triggering.tables import LIVE, execute
from surveys.services.triggering.waiting import put_off

T = TypeVar("T", bound=Model)
Claim = Callable[[QuerySet[T]], int]
LIMIT = 50_000  # occasions of a transaction
FEW = 5_000  # turns of one, where programs wait that decide at once: about half a second

_MARK = "UPDATE {table} SET triggered_at = %(at)s FROM trigger_claim t WHERE {table}.id = t.{id}"


def run_trigger(*, at: datetime, limit: int = LIMIT) -> list[TriggerRun]:
    """Decide about up to `limit` turns that are due of each program, and as many interactions that no trigger has seen
    yet; the runs, of which there are several where a row is at fault (`work_off`), and none when nothing waits.

    Every program that decides at once decides about every interaction, and a turn's program about the turn; each leaves
    a Decision. The asked get an invitation, a place in the contact ledger and a message. All of it, and the mark of
    what was decided about, in one transaction. Turns of a program that is switched off wait; of one whose window has
    ended they are decided, and nobody is asked. Whatever comes for a program that is set aside waits.

    Turns go first: they come round rarely. Of a wave (more than `FEW` turns) so many at a time, after the interactions:
    what has just happened does not wait until a wave is through.
    """
    in_force = versions_in_force(at=at)
    due = set(_due(at).order_by().values_list("program", flat=True).distinct())
    over = versions_over(due - {v.program_id for v in in_force}, at=at)
    found = set_aside([*in_force, *over], at=at)
    versions = [v for v in found.readable if v in in_force]
    having = [v for v in found.readable if v.program_id in due]
    pass_ = _Pass(at_once(versions), at, versions, gathering=in_force, aside=found.aside)
    few = min(limit, FEW)
    if not (pass_.versions and _due(at).order_by()[few : few + 1].exists()):
        runs = [run for v in having for run in decide_turns(version=v, at=at, limit=limit, in_force=versions)]
        _decide_interactions(pass_, limit)
        return runs + pass_.finished()
    _decide_interactions(pass_, limit)
    batches = (decide_turns(version=v, at=at, limit=few, in_force=versions) for v in having)
    return pass_.finished() + next(filter(None, batches), [])


def _decide_interactions(pass_: _Pass, limit: int) -> None:
    work = partial(pass_.decide, claim=claim_interactions)
    work_off(Interaction.objects.all(), "triggered_at", work, at=pass_.at, limit=limit)


def decide_turns(
    *, version: ProgramVersion, at: datetime, limit: int = LIMIT, in_force: list[ProgramVersion] | None = None
) -> list[TriggerRun]:
    """Decide about up to `limit` turns of one program that are due; the runs."""
    pass_ = _Pass([version], at, versions_in_force(at=at) if in_force is None else in_force)
    waiting, name = _due(at).filter(program=version.program), f"program {version.program_id}"
    work_off(waiting, "triggered_at", partial(pass_.decide, claim=claim_turns), at=at, limit=limit, among=name)
    return pass_.finished()


def _due(at: datetime) -> QuerySet[Turn]:
    return Turn.objects.filter(triggered_at=None, due_at__lte=at)


@dataclass
class _Pass:
    """Some versions over what waits, a run after the other. `gathering`: those that make turns of it, if need be."""

    versions: list[ProgramVersion]
    at: datetime
    in_force: list[ProgramVersion]  # others may lack answers
    gathering: list[ProgramVersion] = field(default_factory=list)
    aside: list[ProgramVersion] = field(default_factory=list)  # of them, what waits for its mending
    runs: list[int] = field(default_factory=list)

    def finished(self) -> list[TriggerRun]:
        return list(TriggerRun.objects.filter(pk__in=self.runs).order_by("pk"))  # some may have been undone

    def decide(self, waiting: QuerySet[T], *, claim: Claim[T]) -> int:
        """One run about those of `waiting` that nobody else has in hand; about how many it decided."""
        self._keep_quotas()
        if not claim(waiting):
            return 0
        hold_persons()
        claimed = know_the_claimed([rules_of(version) for version in self.versions], at=self.at)
        return self._run(claimed, of_turns=waiting.model is Turn) if claimed else 0

    def _keep_quotas(self) -> None:
        """Who counts how a unit stands is alone with that program; always in the same order."""
        for pk in sorted(v.program_id for v in self.versions if by_unit(wanted_of(v))):
            one_at_a_time(f"count towards the quotas of program {pk}")

    def _run(self, claimed: int, *, of_turns: bool) -> int:
        gather_turns(self.gathering, at=self.at, aside=self.aside)
        make_room()
        if settings.ALLOCATE_CONTACTS:
            allocate(self.versions, self.in_force, at=self.at, tables=LIVE)
        run = TriggerRun.objects.create(at=self.at, allocating=settings.ALLOCATE_CONTACTS)
        for version in self.versions:
            run.counts[version.program.code] = _decide(version, run)
        table, pointer = ("surveys_turn", "turn_id") if of_turns else ("crm_interaction", "interaction_id")
        decided = execute(_MARK.format(table=table, id=pointer), {"at": self.at})
        run.turns, run.interactions = (decided, 0) if of_turns else (0, decided)
        self._finish(run)
        return claimed

    def _finish(self, run: TriggerRun) -> None:
        run.finished_at = run.at
        run.save(update_fields=["counts", "finished_at", "turns", "interactions"])
        asked = sum(counts.get("asked", 0) for counts in run.counts.values())
        figures = {"interactions": run.interactions, "turns": run.turns, "asked": asked}
        Event.objects.record("trigger.ran", subject=run, at=run.at, **figures)
        if asked:
            enqueue("surveys.tasks.dispatch")
        self.runs.append(run.pk)


def _decide(version: ProgramVersion, run: TriggerRun) -> dict[str, int]:
    """Decisions of one version about everything claimed, and what follows: {reason: how many}."""
    values = values_of(version, at=run.at, run_id=run.pk)
    counts = judge(version, values)
    count_decided(values)
    if counts.get("delayed"):
        put_off(values)
    if counts.get("asked"):
        invite(values)
    return counts
