"""The same history with processes beside the runner, as the larger sizes have them."""

import multiprocessing
from dataclasses import replace
from datetime import timedelta

import pytest

from demo.company.bank import build
from demo.loading import load, loaded
from demo.processes import STARTED, gone_in_the_end, hear, start
from demo.recording import Tally
from demo.truth.minds import feel
from demo.truth.visits import visits_of
from tests.demo.conftest import EVERYTHING, NOW, rows_of

FEW = replace(EVERYTHING, name="few", days=4, customers=300, per_branch=3.0, digest_days=1, feeders=2)


def fail(_wire):
    raise ValueError("as it must")


@pytest.mark.django_db(transaction=True)
def test_two_feeders_and_a_desk_leave_what_the_truth_says(tmp_path, capsys):
    load(tmp_path, FEW, at=NOW, seed=7)
    assert multiprocessing.active_children() == STARTED == []
    assert "DIFFERS" not in capsys.readouterr().out
    assert loaded().options == {"seed": 7, "size": "few", "until": "2026-11-20"}
    bank = build(7, FEW, until=NOW.date())
    days = [bank.begins + timedelta(days=number) for number in range(5)]
    visits = [v for day in days for unit in bank.branches for v in visits_of(bank, unit, day) if v.occurred_at < NOW]
    tally = Tally()
    for visit in visits:
        tally.count(bank, visit, feel(bank, visit))
    occasions = rows_of(tmp_path / "truth" / "occasions.csv.gz")
    assert {row["code"] for row in occasions} == {visit.code for visit in visits}
    assert len(rows_of(tmp_path / "truth" / "customers.csv.gz")) == 300


@pytest.mark.django_db(transaction=True)
@gone_in_the_end()
def test_what_fails_in_a_process_fails_the_load():
    with pytest.raises(RuntimeError, match="fail failed: ValueError: as it must"):
        hear(start(fail))
