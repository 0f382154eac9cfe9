"""R-20 with all that a mail may hold: machines open every link of 1,500 mails and of their reminders in every way they
do, follow what the pages lead to, and look at printed links; people click, press, answer further, unsubscribe and look
after their own page in the same mails. No false score, every press kept, nothing else changed, and how well machines'
clicks are told from people's; of these every click of who pressed is confirmed, and none called a machine's.
"""

from __future__ import annotations

from django.conf import settings

from tests.proofs.record import proof, scaled
from tests.scanners import run
from tests.world import build_world

SEED, MAILS = 20261122, 1_500
PROMISES = [
    "no_false_score", "every_press_kept", "all_settled", "only_people_unsubscribed", "only_people_changed_their_pages",
    "only_people_answered_printed_links", "every_kind_of_link_was_opened", "people_did_all_of_it",
    "no_person_called_a_machine", "clicks_of_who_pressed_confirmed", "clicks_of_who_left_expired",
]  # fmt: skip


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    with proof("scanners", seed=SEED, promises=PROMISES) as figures:
        figures.update(run(build_world(), mails=scaled(MAILS), seed=SEED))
