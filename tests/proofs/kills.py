"""RELIABILITY G1 (R-01), on the real path: the trigger asks 3,000 customers, two thirds after their visits and one in
its turn of a relationship program, a third of whom answer and the others are reminded; 500 complaints become tickets
and mails to staff; 200 of those customers are sent a letter, 100 others a note of what came of their matter; while
workers and whole clusters are killed 300 times and PostgreSQL falls three times.

All the work is done by two `manage.py work` (one stands by; who ends is started again, as an init system would). The
post office is a process of its own: 5 % refused for now, 2 % for good, 1 % accepted with the answer lost. A strike hits
a worker in the middle of a task if there is one, now and then the whole cluster, the supervisor included.

A week is over as soon as a question was handed off: who was chosen for it answers, then the day of the reminder of all
others is moved to now, by SQL. Nor is anything waited for that takes minutes by design: once the house stands still by
itself, the hour is put forward for the rows alone (leases and times of the next try, by SQL), and a worker is nudged as
any new mail would.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django_q.tasks import async_task

from closedloop.models import CustomerSignal, Letter, OutcomeNote, Ticket
from crm.models import Interaction
from distribution.models import Dispatch
from surveys.models import ContactLedger, Decision, Invitation, Message, ProgramVersion, Response, Turn
from surveys.services.answering import record_score
from surveys.services.ledgers import check_identities
from tests.factories import surveys as make
from tests.faults import postgres, processes
from tests.faults.comparing import Comparison, compare
from tests.faults.ledger import Ledger
from tests.faults.post_office import free_port
from tests.mailbox import mail_models
from tests.proofs.company import ALWAYS, Company, found
from tests.proofs.correspondence import LETTERS, Correspondence
from tests.proofs.record import HOUSE, POSTGRES, proof, say, scaled

SEED = 20261122
CUSTOMERS, COMPLAINTS, STRIKES, FALLS = 3_000, 500, 300, 3
ANSWERS = 3  # one in so many who are asked
WORKERS = 3
PAUSE = (0.5, 1.1)  # seconds between two strikes
WHOLE, SUPERVISOR = 0.08, 0.02  # of the strikes hit the cluster, and the supervisor with it
LEAST_AT_WORK = 8  # one strike in so many, at least, hits somebody in the middle of a task
ALONE = 120.0  # seconds within which work goes on without help
LATE = 300.0
FORWARD = tuple(timedelta(minutes=minutes) for minutes in (6, 15, 80, 480, 480))  # the lease; then the usual pauses
TO_CUSTOMERS: tuple[Any, ...] = (Message, Letter, OutcomeNote)
TO_STAFF: tuple[Any, ...] = (Dispatch,)
MAILS = TO_CUSTOMERS + TO_STAFF  # all there are, says `main`
LOG = HOUSE / "var" / "kills.log"  # what the killed had to say
FAULTS = ("--later", "0.05", "--never", "0.02", "--lost", "0.01", "--delay", "0.05")


@dataclass
class Works:
    """Two `manage.py work`, kept up as an init system would."""

    stack: ExitStack
    environment: dict[str, str]
    rng: random.Random
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    strikes: Counter[str] = field(default_factory=Counter)
    falls: int = 0  # of PostgreSQL
    hit_at_work: int = 0  # workers that were in the middle of a task

    def keep_up(self) -> None:
        self.running = [work for work in self.running if work.poll() is None]
        while len(self.running) < 2:
            work = processes.start("manage.py", "work", log=LOG, environment=self.environment)
            self.stack.callback(processes.end, work)
            self.running.append(work)

    def strike(self) -> bool:
        """Kill somebody; was there anybody who worked?"""
        for work in self.running:
            workers = processes.workers_below(work.pid)
            if workers and self._hit(work.pid, workers):
                return True
        return False

    def _hit(self, supervisor: int, workers: list[processes.Process]) -> bool:
        luck = self.rng.random()
        if luck < SUPERVISOR:
            return processes.kill(supervisor) and self._count("supervisor", workers)
        if luck < WHOLE:
            group = workers[0].group
            return processes.kill_group(group) and self._count("cluster", [w for w in workers if w.group == group])
        victim = self.rng.choice([worker for worker in workers if worker.is_busy] or workers)
        what = "busy worker" if victim.is_busy else "idle worker"
        return processes.kill(victim.pid) and self._count(what, [victim])

    def _count(self, what: str, hit: list[processes.Process]) -> bool:
        self.strikes[what] += 1
        self.hit_at_work += sum(worker.is_busy for worker in hit)
        return True


def storm(company: Company, wave: ProgramVersion, works: Works, desk: Correspondence, rng: random.Random) -> None:
    """Work comes in as fast as workers are killed."""
    strikes = scaled(STRIKES)
    falls = {strikes * number // (FALLS + 1) for number in range(1, FALLS + 1)}
    every = max(strikes // 12, 1)
    asked = iter(company.customers(scaled(CUSTOMERS)))
    unhappy = iter(company.customers(scaled(COMPLAINTS)))
    for strike in range(1, strikes + 1):
        people = [next(asked) for _ in range(share(scaled(CUSTOMERS), strike, strikes))]
        company.turns(wave, people[::3])
        company.visits(person for number, person in enumerate(people) if number % 3)
        company.complaints([next(unhappy) for _ in range(share(scaled(COMPLAINTS), strike, strikes))])
        desk.write(scaled(LETTERS) * strike // strikes)
        if strike == strikes * 2 // 3:
            desk.tell()
        week_passes()
        time.sleep(rng.uniform(*PAUSE))
        works.keep_up()
        processes.until(works.strike, seconds=ALONE, what="somebody to kill")
        if strike in falls:
            postgres.restart(POSTGRES, "immediate")
            connection.close()
            works.falls += 1
        if strike % every == 0:
            say(f"{strike} of {strikes} strikes, {dict(states())}")


def week_passes() -> None:
    """Since their question was handed off: one in ANSWERS answers, the others' reminder is due."""
    asked = Message.objects.filter(kind=Message.Kind.ASK, state="handed_off", invitation__contact__remind_at__gt=Now())
    silent = asked.filter(invitation__response=None).annotate(lot=F("invitation__customer") % ANSWERS)
    for message in silent.filter(lot=0).select_related("invitation__version"):
        record_score(invitation=message.invitation, score=9, at=timezone.now())
    contacts = silent.exclude(lot=0).values("invitation__contact")
    if ContactLedger.objects.filter(pk__in=contacts).update(remind_at=Now()):
        async_task("surveys.tasks.remind", save=False)


def share(of: int, number: int, parts: int) -> int:
    """How many of `of` fall to part `number` of `parts`, so that all parts add up."""
    return of * number // parts - of * (number - 1) // parts


def states() -> Counter[str]:
    found: Counter[str] = Counter()
    for model in MAILS:
        found.update(model.objects.values_list("state", flat=True))
    return found


def waiting() -> set[tuple[str, int, int]]:
    """Whatever could be done now: to be decided, asked, heard, told, sent. A row that is tried again is another."""
    found = {("decide", pk, 0) for pk in Interaction.objects.filter(triggered_at=None).values_list("pk", flat=True)}
    found |= {("hear", pk, 0) for pk in Response.objects.filter(signalled_at=None).values_list("pk", flat=True)}
    found |= {("screen", pk, 0) for pk in CustomerSignal.objects.filter(screened_at=None).values_list("pk", flat=True)}
    found |= {("turn", pk, 0) for pk in Turn.objects.filter(triggered_at=None).values_list("pk", flat=True)}
    to_remind = ContactLedger.objects.filter(remind_at__lte=Now())
    found |= {("remind", pk, 0) for pk in to_remind.values_list("pk", flat=True)}
    for model in MAILS:
        for rows in (model.objects.due(Now()), model.objects.abandoned()):
            found |= {(model._meta.label, pk, attempts) for pk, attempts in rows.values_list("pk", "attempts")}
    return found


def until_taken_up() -> float:
    """Seconds until all that waits now was taken up. Meanwhile more comes due, as every minute: that is not waited for,
    or the last of a stream would be."""
    left = waiting()
    return processes.until(lambda: not left & waiting(), seconds=LATE, what="the work goes on without help")


def open_rows() -> int:
    return sum(model.objects.filter(state__in=["pending", "sending"]).count() for model in MAILS)


def in_hand() -> int:
    return sum(model.objects.filter(leased_until__gt=Now()).count() for model in MAILS)


def put_the_hour_forward(far: timedelta) -> None:
    """For the rows alone, by SQL: leases and times of the next try."""
    for model in MAILS:
        rows = model.objects.filter(state__in=["pending", "sending"])
        rows.update(
            due_at=F("due_at") - far, leased_until=F("leased_until") - far, refused_since=F("refused_since") - far
        )


def settle_down(desk: Correspondence) -> float:
    """First alone, then with the hour put forward. How long it took alone, in seconds."""
    alone = until_taken_up()
    say(f"all that waited was taken up after {alone:.0f} s: {dict(states())}")
    desk.write(scaled(LETTERS))  # on the tickets that were opened last
    for far in FORWARD * 2:
        week_passes()
        if not open_rows() and not waiting():
            break
        say(f"the hour is put forward by {far}, {open_rows()} rows are open")
        put_the_hour_forward(far)
        async_task("surveys.tasks.remind", save=False)
        async_task("surveys.tasks.dispatch", save=False)
        async_task("closedloop.tasks.letters", save=False)
        async_task("distribution.tasks.send", save=False)
        processes.until(lambda: not waiting(), seconds=LATE, what="the rest")
        processes.until(lambda: not in_hand(), seconds=10, what="the last answers")
    return alone


def judge(ledger: Ledger, strikes: int, alone: float) -> dict[str, Any]:
    accepted = list(ledger.lines("accepted"))
    refused = {line["id"] for line in ledger.lines("refused") if line["words"].startswith("550")}
    customers = compare_mails(TO_CUSTOMERS, accepted, refused)
    staff = compare_mails(TO_STAFF, accepted, refused)
    drops = sum(line["lost"] for line in accepted)
    addresses = Counter(line["to"] for line in accepted if line["to"].startswith("c-"))
    everything = compare_everything(accepted)
    return {
        "customers": customers.figures(),
        "staff": staff.figures(),
        "answers_lost": drops,
        "answers_were_lost": drops > 0 or len(accepted) < 500,
        "sums": {model._meta.model_name: compare_mails((model,), accepted, refused).sum for model in MAILS},
        "alone_seconds": round(alone, 1),
        "everything_ended": customers.unfinished == staff.unfinished == 0,
        "failed_as_refused": all(mails.unfounded == mails.unheard == 0 for mails in (customers, staff))
        and bool(refused)
        and not customers.refused & set(customers.arrived),
        "nothing_lost": customers.lost == staff.lost == 0 and Ticket.objects.count() == scaled(COMPLAINTS),
        "no_customer_twice": customers.twice == 0 and max(addresses.values()) <= 2,
        **judge_reminders({line["id"] for line in accepted}),
        **judge_kinds(),
        "unknown_is_bounded": customers.states["unknown"] <= strikes + drops and not staff.states["unknown"],
        "staff_twice_is_bounded": staff.twice <= strikes + drops,
        "same_message_id": everything.strangers == 0,
        "ledgers_agree": customers.unaccounted == staff.unaccounted == 0
        and Message.objects.filter(kind=Message.Kind.ASK).count() == scaled(CUSTOMERS)
        and Dispatch.objects.filter(kind=Dispatch.Kind.ALERT).count() == scaled(COMPLAINTS)  # digests go out as well
        and all(identity.holds for identity in check_identities()),
        "went_on_alone": alone < ALONE,
    }


def judge_reminders(accepted: set[str]) -> dict[str, Any]:
    """Everybody who was reached and stayed silent was reminded once, by either program, and nobody else was."""
    asks = Message.objects.filter(kind=Message.Kind.ASK, state="handed_off")
    silent = set(asks.filter(invitation__response=None).values_list("invitation", flat=True))
    rows = list(Message.objects.exclude(kind=Message.Kind.ASK).values_list("invitation", "message_id"))
    reminded = Counter(invitation for invitation, _ in rows)
    kinds = Invitation.objects.filter(pk__in=reminded).values_list("program__kind", flat=True)
    return {
        "reminders": {"made": len(rows), "accepted": sum(name in accepted for _, name in rows), **Counter(kinds)},
        "silent_reminded_once": set(reminded) == silent and max(reminded.values()) == 1,
    }


def judge_kinds() -> dict[str, Any]:
    """Both programs asked whom they should, were answered, and reminded by mails that left; nobody who answered was
    reminded. So no promise is kept because there was nothing to keep it for."""
    answers = Response.objects.filter(invitation__isnull=False).values_list("program__kind", flat=True)
    asked, answered, reminded = (
        Counter(_kinds(kind=Message.Kind.ASK)),
        Counter(answers),
        Counter(_kinds(kind=Message.Kind.REMINDER, state="handed_off")),
    )
    again = Message.objects.exclude(kind=Message.Kind.ASK).filter(invitation__response__isnull=False)
    return {
        "asked": dict(asked),
        "decided": dict(Counter(Decision.objects.values_list("reason", flat=True))),
        "answered": dict(answered),
        "both_kinds_asked": asked
        == {"transactional": Interaction.objects.count(), "relationship": Turn.objects.count()}
        and min(asked.values()) > 0,
        "both_kinds_answered_and_reminded": all(answered[kind] and reminded[kind] for kind in asked),
        "no_answer_was_reminded": not again.exists(),
    }


def _kinds(**which: Any) -> list[str]:
    """Of the programs of these messages."""
    return list(Message.objects.filter(**which).values_list("invitation__program__kind", flat=True))


def compare_mails(models: tuple[Any, ...], accepted: list[dict[str, Any]], refused: set[str]) -> Comparison:
    """The rows of `models` against what the post office accepted, and what it refused for good (or we gave up)."""
    told = [row for model in models for row in model.objects.values_list("state", "message_id", "reply")]
    rows = [(state, message_id) for state, message_id, _ in told]
    own = {message_id for _, message_id in rows}
    given_up = {message_id for _, message_id, reply in told if reply.startswith("gave up after")}
    return compare(rows, [line["id"] for line in accepted if line["id"] in own], refused & own | given_up)


def compare_everything(accepted: list[dict[str, Any]]) -> Comparison:
    rows = [row for model in MAILS for row in model.objects.values_list("state", "message_id")]
    return compare(rows, [line["id"] for line in accepted])


PROMISES = [
    "nothing_lost", "everything_ended", "failed_as_refused", "busy_were_hit",
    "no_customer_twice", "unknown_is_bounded", "staff_twice_is_bounded", "same_message_id",
    "ledgers_agree", "went_on_alone", "silent_reminded_once", "both_kinds_asked", "both_kinds_answered_and_reminded",
    "no_answer_was_reminded", "database_fell", "answers_were_lost", "letters_written", "notes_written",
]  # fmt: skip


def main() -> None:
    assert set(mail_models()) == set(MAILS), "another kind of mail leaves the house: the storm has to know it"
    rng, company, port = random.Random(SEED), found(reminder_days=[5]), free_port()
    desk = Correspondence(company.world)
    program = make.program(code="relationship", name="Relationship", kind="relationship")
    wave = make.version(program=program, wave_months=12, reminder_days=[5])
    with (
        proof("kills", seed=SEED, promises=PROMISES) as figures,
        tempfile.TemporaryDirectory() as folder,
        ExitStack() as stack,
    ):
        ledger = Ledger(Path(folder) / "mails.jsonl")
        office = ("-m", "tests.faults.post_office", str(port), str(ledger.path), "--seed", str(SEED), *FAULTS)
        stack.enter_context(processes.running(*office))
        mail = {"SHOPKEEPER_EMAIL_URL": f"smtp://127.0.0.1:{port}", "SHOPKEEPER_WORKERS": str(WORKERS)}
        # with answers enough for its margin a program would leave customers to the other; here all are to be asked
        mail["SHOPKEEPER_ALLOCATE_CONTACTS"] = "no"
        works = Works(stack, {**ALWAYS, **mail}, rng)
        storm(company, wave, works, desk, rng)
        strikes = works.strikes.total()
        alone = settle_down(desk)
        figures.update(mails=states().total(), strikes=dict(works.strikes), database_falls=works.falls)
        figures.update(strikes_at_work=works.hit_at_work, busy_were_hit=works.hit_at_work * LEAST_AT_WORK >= strikes)
        figures.update(database_fell=works.falls == FALLS)
        figures.update(judge(ledger, strikes, alone) | desk.judge())
