"""What the interactions that a run has claimed mean for programs that decide about turns. In the run's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from surveys.models import Program, ProgramVersion
from surveys.services.occasions.ending import follow_episodes
from surveys.services.occasions.waiting import wait_for_the_hour
from surveys.services.triggering.tables import LIVE, Tables


def gather_turns(
    versions: Iterable[ProgramVersion], *, at: datetime, tables: Tables = LIVE, aside: Collection[ProgramVersion] = ()
) -> None:
    """Begin or move on episodes of journeys; let all wait for the hour of programs that decide once a day, and for
    those set `aside` until they can be read again."""
    for version in versions:
        waits = version.decides == ProgramVersion.Decides.DAILY or version in aside
        if version.program.kind == Program.Kind.JOURNEY:
            follow_episodes(version, at=at, tables=tables)
        elif version.program.kind in Program.OF_INTERACTIONS and waits:
            wait_for_the_hour(version, at=at, tables=tables)
