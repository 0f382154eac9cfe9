import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics.maths.nps import nps
from analytics.maths.rounding import signed
from analytics.services.verifying import counts_from_rows, mismatches
from analytics.services.verifying_dispositions import wrong_dispositions
from surveys.services.folding_decisions import wrong_tallies

SHOWN = 20


class Command(BaseCommand):
    """`manage.py verify_score`: are the rollups what the rows say? Ends with status 1 if one differs."""

    help = "Recomputes scores, dispositions and coverage from the rows and compares them with the rollups."

    def handle(self, *_args: Any, **_options: Any) -> None:
        counts = counts_from_rows()
        wrong = [*mismatches(), *wrong_dispositions(at=timezone.now()), *wrong_tallies()]
        score = signed(nps(counts), 2) if counts.n else "none"
        self.stdout.write(
            f"{counts.n} answers: {counts.detractors} detractors, {counts.passives} passives, "
            f"{counts.promoters} promoters; score {score}"
        )
        if not wrong:
            self.stdout.write("The rollups agree with the rows.")
            return
        for mismatch in wrong[:SHOWN]:
            self.stderr.write(str(mismatch))
        self.stderr.write(f"{len(wrong)} figures differ. `manage.py refill_rollups` computes them anew.")
        sys.exit(1)
