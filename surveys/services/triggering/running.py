"""The survey trigger: whom to ask and why not. docs/algorithms/selecting.md tells it in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db.models import QuerySet

from common.claims import work_off
from common.models import Event
from common.queue import enqueue
from crm.models import Interaction
from surveys.models import ProgramVersion, TriggerRun, Turn
from surveys.services.occasions.gathering import gather_turns
from surveys.services.triggering.claiming import claim_interactions, claim_turns, know_the_claimed, programs_claimed
from surveys.services.triggering.in_force import at_once, versions_in_force
from surveys.services.triggering.inviting import invite
from surveys.services.triggering.judging import judge, make_room, values_of
from surveys.services.triggering.tables import execute

_MARK = "UPDATE {table} SET triggered_at = %(at)s FROM trigger_claim t WHERE {table}.id = t.{id}"


def run_trigger(*, at: datetime, limit: int = 50_000) -> list[TriggerRun]:
    """Decide about up to `limit` turns that are due and as many interactions that no trigger has seen yet; the runs, of
    which there are several where a row is at fault (`work_off`), and none when nothing waits.

    Every program that decides at once decides about every interaction, and a turn's program about the turn; each leaves
    a Decision. The asked get an invitation, a place in the contact ledger and a message. All of it, and the mark of
    what was decided about, in one transaction. Turns of a program that is not in force wait.
    """
    versions, runs = versions_in_force(at=at), list[int]()
    due = Turn.objects.filter(due_at__lte=at, program__in=[v.program_id for v in versions])
    turns = partial(_turns, versions=versions, runs=runs, at=at)
    work_off(due, "triggered_at", turns, at=at, limit=limit)
    interactions = partial(_interactions, versions=versions, runs=runs, at=at)
    work_off(Interaction.objects.all(), "triggered_at", interactions, at=at, limit=limit)
    return list(TriggerRun.objects.filter(pk__in=runs).order_by("pk"))  # some may have been undone


def _turns(waiting: QuerySet[Turn], *, versions: list[ProgramVersion], runs: list[int], at: datetime) -> int:
    claimed = claim_turns(waiting)
    concerned = programs_claimed() if claimed else set()
    return _run([v for v in versions if v.program_id in concerned], runs, at, turns=claimed)


def _interactions(
    waiting: QuerySet[Interaction], *, versions: list[ProgramVersion], runs: list[int], at: datetime
) -> int:
    return _run(at_once(versions), runs, at, interactions=claim_interactions(waiting), gathering=versions)


def _run(
    versions: list[ProgramVersion],
    runs: list[int],
    at: datetime,
    *,
    turns: int = 0,
    interactions: int = 0,
    gathering: Sequence[ProgramVersion] = (),
) -> int:
    """Every one of `versions` decides about what has been claimed; for others of `gathering` it makes turns."""
    if not (claimed := turns + interactions):
        return 0
    know_the_claimed()
    gather_turns(gathering, at=at)
    make_room()
    run = TriggerRun.objects.create(at=at, turns=turns, interactions=interactions)
    for version in versions:
        values = values_of(version, at=at, run_id=run.pk)
        run.counts[version.program.code] = counts = judge(version, values)
        if counts.get("asked"):
            invite(values)
    table, pointer = ("surveys_turn", "turn_id") if turns else ("crm_interaction", "interaction_id")
    execute(_MARK.format(table=table, id=pointer), {"at": at})
    _finish(run)
    runs.append(run.pk)
    return claimed


def _finish(run: TriggerRun) -> None:
    run.finished_at = run.at
    run.save(update_fields=["counts", "finished_at"])
    asked = sum(counts.get("asked", 0) for counts in run.counts.values())
    Event.objects.record(
        "trigger.ran", subject=run, at=run.at, interactions=run.interactions, turns=run.turns, asked=asked
    )
    if asked:
        enqueue("surveys.tasks.dispatch")
