"""A smaller bank, lived through by the services of the house: with everything that the large one has."""

import csv
import gzip
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from demo.company.bank import build
from demo.company.sizes import SIZES, SMALL
from demo.feeding import OwnFeed
from demo.history import History
from demo.recording import ACTS, table
from demo.settling_in import settle_in
from demo.working import OwnDesk
from tests.standing import standing

NOW = datetime(2026, 11, 20, 16, 40, tzinfo=UTC)  # a Friday
DAY = date(2026, 11, 22)
FEW_DAYS = replace(SMALL, name="tiny", days=5, customers=240)
EVERYTHING = replace(  # ten branches more, of which eight cheat; re-organized twice within a fortnight
    SIZES["large"], name="all", days=15, branches=16, employees=60, customers=900, per_branch=6.0, rate="0.9",
    hours=(7, 18), digest_days=2, answering=0.5, moved=2, feeders=0,
)  # fmt: skip


def live(size, folder, *, seed=7, until=NOW):
    """The whole history of such a bank; returns it when it is over."""
    bank = build(seed, size, until=until.date())
    opened = datetime.combine(bank.begins, datetime.min.time(), UTC) - timedelta(days=1)
    settle_in(bank, at=opened)
    with table(folder / "answered.csv.gz", ACTS) as acts:
        feed = OwnFeed(bank, folder, opened)
        assert sum(feed.enroll()) == size.customers
        history = History(bank, until, feed, OwnDesk(bank, until), acts)
        history.run(lambda *_: None)
    return history


def rows_of(file):
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("truth")


def lived_through(size, folder, blocker):
    """Read by all tests of a module, then undone."""
    with standing(blocker):
        lived = live(size, folder)
        connection.check_constraints()  # else each test would check theirs anew
        yield lived
