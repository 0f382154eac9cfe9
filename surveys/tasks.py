"""Background entries of surveys; nps_project/timetable.py says when they run."""

from __future__ import annotations

from django.utils import timezone

from common.claims import sweep
from common.queue import enqueue
from surveys.partitions import ensure_partitions_ahead
from surveys.services.classifying.coding import code as code_stretch
from surveys.services.classifying.reading import read_answers
from surveys.services.clicking import settle_clicks as settle_some
from surveys.services.dispatching import keep_dispatching, settle_lost
from surveys.services.finishing import end_left
from surveys.services.folding_decisions import fold_tallies
from surveys.services.forgetting_visits import forget_visits as forget_opened
from surveys.services.health.counting import forget_counts
from surveys.services.health.minding import mind
from surveys.services.inbound.braking import mind_brakes as brakes
from surveys.services.inbound.fetching import fetch_mail as fetch
from surveys.services.inbound.forgetting import forget_mails as forgetting
from surveys.services.inbound.judging import hear
from surveys.services.occasions.coming_round import turns_come_round
from surveys.services.readying import ready
from surveys.services.rehearsing import requesting
from surveys.services.reminding.making import make_reminders
from surveys.services.triggering import auditing
from surveys.services.triggering.running import run_trigger


def trigger() -> None:
    """Decide about the interactions that wait, until none is left."""
    sweep(run_trigger, "surveys.tasks.trigger")


def fold_decisions() -> None:
    """Fold the tallies of decisions into one of each key, batch by batch."""
    sweep(lambda **_: fold_tallies(), "surveys.tasks.fold_decisions")


def come_round() -> None:
    """Make the day's turns of relationship programs."""
    turns_come_round(at=timezone.now())


def mind_trigger() -> None:
    """See whether programs decide about as much as usual."""
    mind(at=timezone.now())


def forget() -> None:
    """Forget what was counted more than a year ago."""
    forget_counts(at=timezone.now())


def readiness() -> None:
    """Have it counted how far what systems send carries the programs in force: over millions of rows it takes longer
    than a task may."""
    enqueue("surveys.tasks.count_readiness", timeout=3600)


def count_readiness() -> None:
    """Count it."""
    ready(at=timezone.now())


def remind_of_long_work() -> None:
    """Send for a worker if a rehearsal of a program or a replay of a run waits."""
    requesting.remind(at=timezone.now())
    auditing.remind(at=timezone.now())


def rehearse() -> None:
    """Do the rehearsals that wait: over a year of events it takes longer than a task may."""
    while requesting.rehearse(at=timezone.now(), clock=timezone.now):
        pass


def replay_runs() -> None:
    """Do the replays that wait: over a run of a million decisions it takes longer than a task may."""
    while auditing.replay_next(at=timezone.now(), clock=timezone.now):
        pass


def dispatch() -> None:
    """Hand off the messages that are due."""
    keep_dispatching(clock=timezone.now)


def remind() -> None:
    """Make the reminders whose day has come."""
    sweep(make_reminders, "surveys.tasks.remind")


def fetch_mail() -> None:
    """Empty the mailbox to which bounces and replies come, and judge what is there, whether it answers or not."""
    try:
        sweep(fetch, "surveys.tasks.fetch_mail")
    finally:
        hear_mail()


def hear_mail() -> None:
    """Judge the mails and notices that came back, until none is left."""
    sweep(hear, "surveys.tasks.hear_mail")


def mind_brakes() -> None:
    """Stop programs whose mail bounces or draws complaints."""
    brakes(at=timezone.now())


def forget_mails() -> None:
    """Forget the mails that came back a month ago; what was judged stays."""
    forgetting(at=timezone.now())


def end_answers() -> None:
    """End answers whose customer went away before the last page."""
    sweep(end_left, "surveys.tasks.end_answers")


def settle() -> None:
    """Call unknown what a dead worker may or may not have sent."""
    settle_lost(at=timezone.now())


def settle_clicks() -> None:
    """Confirm the clicks on scores that customers stood for, and let go those that nobody did."""
    sweep(settle_some, "surveys.tasks.settle_clicks")


def read() -> None:
    """Read the words of answers that wait: language, tone, topics."""
    sweep(read_answers, "surveys.tasks.read")


def code() -> None:
    """Code what was said so far by rules that were edited."""
    sweep(code_stretch, "surveys.tasks.code")


def partitions() -> None:
    """Make the partitions of the coming months."""
    ensure_partitions_ahead(today=timezone.now().date())


def forget_visits() -> None:
    """Have it forgotten who opened which link: of millions of rows it takes longer than a task may."""
    enqueue("surveys.tasks.forget_old_visits", timeout=3600)


def forget_old_visits() -> None:
    """Forget them; the counts that reports need stay."""
    forget_opened(at=timezone.now())
