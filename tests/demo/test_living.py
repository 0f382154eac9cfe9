"""What keeps happening while the demo runs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice

from demo.company.bank import build
from demo.living import ordinary
from demo.truth.visits import visits_of

SATURDAY = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def test_the_core_system_goes_on_with_the_visits_of_each_day_in_order():
    bank = build(3, until=SATURDAY.date())
    visits = list(islice(ordinary(bank, SATURDAY), 60))
    rest = {
        v.code for unit in bank.branches for v in visits_of(bank, unit, SATURDAY.date()) if v.occurred_at > SATURDAY
    }
    assert {v.code for v in visits if v.occurred_at.date() == SATURDAY.date()} == rest
    assert [v.occurred_at for v in visits] == sorted(v.occurred_at for v in visits)
    assert {v.occurred_at.date() for v in visits} - {SATURDAY.date()} == {date(2026, 11, 23)}
