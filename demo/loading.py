"""The load: settle in, live through the history, check that everything adds up, write down the truth."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.management import call_command

from analytics.services.worth.filling import fill_worth
from common.models import Load
from crm.models import OrgUnit
from demo.changing import look_ahead
from demo.company.bank import SOURCE, Bank, build
from demo.company.sizes import Size
from demo.earning import earn, propose
from demo.earning_in_sets import earn_in_sets
from demo.feeding import Feed, FeedProcesses, OwnFeed
from demo.history import History, figures, steps_of
from demo.launching import bring_out
from demo.letters import write
from demo.occasions import come_round
from demo.passing_by import pass_by
from demo.persons import introduce
from demo.processes import Wire, gone_in_the_end, hear, start
from demo.reckoning import identities, print_out
from demo.recording import ACTS, table, write_summary, write_tables
from demo.rehearsing import run_the_time_machine
from demo.settling_in import settle_in
from demo.stages import Stages
from demo.systems import look
from demo.truth.summary import truth
from demo.working import Desk, DeskProcesses, OwnDesk

SEED = 2026
MARK = {"kind": "demo", "source": SOURCE}  # a finished Load of this kind says that the history is complete


class NotOurs(Exception):
    """The database holds something else than the demo's bank."""


class DoesNotAddUp(Exception):
    """An identity fails."""


def loaded() -> Load | None:
    """The finished load, with the seed, size and end of its history among its options."""
    return Load.objects.filter(**MARK, finished_at__isnull=False).first()


@gone_in_the_end()
def load(folder: Path, size: Size, *, at: datetime, seed: int = SEED) -> None:
    """Fill the empty database with the bank up to `at`; what an interrupted load left behind is emptied first."""
    _make_room()
    clock = Clock()
    bank = build(seed, size, until=at.date())
    options = {"seed": seed, "size": size.name, "until": str(bank.until)}
    mark = Load.objects.create(**MARK, started_at=at, options=options)
    opened_at = datetime.combine(bank.begins, datetime.min.time(), UTC) - timedelta(days=1)
    with clock.stages("units, people, programs"):
        _keep(folder / "api_key", settle_in(bank, at=opened_at))
    with table(folder / "truth" / "answered.csv.gz", ACTS) as acts:
        feed = _feed(bank, folder / "truth", opened_at, at)
        desk: Desk = DeskProcesses(bank, at, bank.size.feeders) if bank.size.feeders else OwnDesk(bank, at)
        with clock.stages("customers"):
            _enroll(feed, bank, clock)
        if not bank.size.feeders:  # else with the books, which alone know of offers
            propose(at=opened_at)
        history = History(bank, at, feed, desk, acts, stages=clock.stages)
        history.run(clock.day)
    with clock.stages("truth"):
        _write_truth(history, folder)
    look(at=at)
    with _earning(bank, folder / "truth", opened_at, at, clock):
        with clock.stages("does it add up?"):
            found = identities(bank, history.tally)
        print("\nDoes it add up?")
        if not print_out(found):
            raise DoesNotAddUp("an identity differs; see above")
        with clock.stages("time machine"):
            run_the_time_machine(at=at)
    with clock.stages("what stands beside"):
        _stand_beside(bank, at)
    number = history.tally["interactions"]
    mark.counts, mark.finished_at = {"received": number, "created": number}, at
    mark.save(update_fields=["counts", "finished_at"])
    clock.end(history)


def _stand_beside(bank: Bank, at: datetime) -> None:
    """What a bank knows and does beside the history of its core system."""
    introduce(at=at)
    pass_by(bank, at=at)
    come_round(bank, at=at)
    look_ahead(bank, at=at)
    write(bank, at=at)
    bring_out(bank, at=at)


def _feed(bank: Bank, truth: Path, opened_at: datetime, until: datetime) -> Feed:
    if not bank.size.feeders:
        return OwnFeed(bank, truth, opened_at)
    return FeedProcesses(bank, truth, opened_at, steps_of(bank, until), bank.size.feeders)


def _enroll(feed: Feed, bank: Bank, clock: Clock) -> None:
    done = 0
    for number in feed.enroll():
        done += number
        clock.customers(done, bank.size.customers)
    print(f"  {done:,} customers, {len(bank.employees):,} employees settled in")


def _write_truth(history: History, folder: Path) -> None:
    tally = history.feed.close()
    write_tables(history.bank, tally, folder / "truth")
    write_summary(history.bank, truth(history.bank, tally) | {"figures": figures(history)}, folder / "truth.json")


@contextmanager
def _earning(bank: Bank, truth_tables: Path, opened_at: datetime, at: datetime, clock: Clock) -> Iterator[None]:
    """What the bank earns: by item, or in sets by a process beside what is done meanwhile. It is there at the end."""
    if bank.size.feeders:
        line = start(keep_books, bank, truth_tables, opened_at, at)
        yield
        with clock.stages("books, waited for"):
            hear(line)
        return
    with clock.stages("books"):
        earn(bank, at=at)
        fill_worth(at=at)
    yield


def keep_books(wire: Wire, bank: Bank, truth_tables: Path, opened_at: datetime, at: datetime) -> None:
    """The life of the process that writes the books of a large bank, offers drawn on the day before the first included;
    then the worth page is counted."""
    propose(at=opened_at)
    earn_in_sets(bank, truth_tables, at=at)
    fill_worth(at=at)
    wire.say(None)


def _make_room() -> None:
    sources = set(OrgUnit.objects.values_list("source", flat=True))
    if sources - {SOURCE}:
        raise NotOurs("The database already holds a company. Empty it, or name another in DATABASE_URL.")
    if sources:
        print("  a load was interrupted: beginning anew")
        call_command("flush", interactive=False, verbosity=0)


def _keep(file: Path, secret: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(secret)


@dataclass
class Clock:
    """Says how far the load is, and at the end what it took."""

    began: float = 0.0
    stages: Stages = field(default_factory=Stages)

    def __post_init__(self) -> None:
        self.began = self.said = time.monotonic()

    def customers(self, done: int, of: int) -> None:
        self._say(f"{done:,} of {of:,} customers settled in", last=done == of)

    def day(self, number: int, run: History) -> None:
        counts = (run.tally[name] for name in ("interactions", "asks handed_off", "answers", "tickets"))
        line = "{:,} interactions, {:,} asked, {:,} answered, {:,} tickets".format(*counts)
        days = run.bank.size.days + 2
        self._say(f"day {number} of {days}: {line}", last=number == days)

    def _say(self, what: str, *, last: bool) -> None:
        """On a terminal one line that changes, elsewhere a line every now and then."""
        now = time.monotonic()
        line = f"  {now - self.began:5.0f} s  {what}"
        if sys.stderr.isatty():
            print(f"\r{line}", end="\n" if last else "", file=sys.stderr, flush=True)
        elif last or now - self.said > 15:
            print(line, file=sys.stderr, flush=True)
            self.said = now

    def end(self, history: History) -> None:
        """The whole, stage by stage, and what the processes beside us used."""
        usage, whole = resource.getrusage, time.monotonic() - self.began
        own, others = (usage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        print(f"\nloaded {history.bank.size.name} in {whole:.0f} s")
        for line in self.stages.lines(whole):
            print(line)
        busy = [*history.feed.busy(), *history.desk.busy()]
        beside = ", ".join(f"{seconds:.0f} s" for seconds in busy) or "none"
        print(f"  processors of the processes beside this one (feeds, managers): {beside}")
        print(f"  peak memory {own} MB here, {others} MB in the largest process beside it")
