import sys
from typing import Any

from django.core.management.base import BaseCommand

from analytics.maths.nps import nps
from analytics.maths.rounding import signed
from analytics.services.verifying import counts_from_rows, mismatches

SHOWN = 20


class Command(BaseCommand):
    """`manage.py verify_score`: is the score what the answers say? Ends with status 1 if a rollup differs."""

    help = "Recomputes the score from the responses and compares it with the rollup, cell by cell."

    def handle(self, *_args: Any, **_options: Any) -> None:
        counts, wrong = counts_from_rows(), mismatches()
        score = signed(nps(counts), 2) if counts.n else "none"
        self.stdout.write(
            f"{counts.n} answers: {counts.detractors} detractors, {counts.passives} passives, "
            f"{counts.promoters} promoters; score {score}"
        )
        if not wrong:
            self.stdout.write("The rollup agrees with the rows.")
            return
        for mismatch in wrong[:SHOWN]:
            self.stderr.write(str(mismatch))
        self.stderr.write(f"{len(wrong)} figures differ. `manage.py refill_rollups` computes them anew.")
        sys.exit(1)
