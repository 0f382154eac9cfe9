"""manage.py trigger: decide about everything that waits; with --replay, audit what was decided."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from surveys.models import TriggerRun
from surveys.services.triggering.replaying import replay
from surveys.services.triggering.running import run_trigger


class Command(BaseCommand):
    help = "Run the survey trigger until nothing waits. With --replay RUN, recompute the decisions of a run instead."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=5000, help="Interactions or turns a transaction (5000).")
        parser.add_argument("--replay", type=int, metavar="RUN", help="Number of the trigger run to recompute.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["replay"] is not None:
            return self._replay(options["replay"])
        interactions = turns = 0
        while runs := run_trigger(at=timezone.now(), limit=max(1, options["limit"])):
            interactions += sum(run.interactions for run in runs)
            turns += sum(run.turns for run in runs)
            for run in runs:
                self._tell(run)
        self.stdout.write(f"{interactions} interactions and {turns} turns decided.")
        return None

    def _tell(self, run: TriggerRun) -> None:
        for program, counts in run.counts.items():
            figures = ", ".join(f"{reason} {n}" for reason, n in sorted(counts.items()))
            self.stdout.write(f"run {run.pk}, {program}: {figures}")

    def _replay(self, number: int) -> None:
        run = TriggerRun.objects.filter(pk=number).first()
        if run is None:
            raise CommandError(f"There is no trigger run {number}.")
        differences = 0
        for d in replay(run=run):
            differences += 1
            self.stdout.write(f"{d.occasion}: {d.field} is {d.stored}, replayed {d.found}")
        if differences:
            raise CommandError(f"{differences} differences in run {number}.")
        self.stdout.write(f"Run {number} replays exactly.")
