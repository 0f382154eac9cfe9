"""R-20 with clicks on scores kept: machines open the links of 1,500 mails in every way they do, people click and press
in the same mails. No false score, every press kept, and how well machines' clicks are told from people's.
"""

from __future__ import annotations

from django.conf import settings

from tests.proofs.record import proof, scaled
from tests.scanners import run
from tests.world import build_world

SEED, MAILS = 20261122, 1_500


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    with proof("scanners", seed=SEED, promises=["no_false_score", "every_press_kept", "all_settled"]) as figures:
        figures.update(run(build_world(), mails=scaled(MAILS), seed=SEED))
