"""Real complaints come in by file and mapping, one interaction a complaint number; every total agrees with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from closedloop.models import Action, Finding, Ticket
from closedloop.services.summing import clocks_seen, times_by_reason, times_by_stage
from common.models import Load
from crm.models import Interaction, InteractionKind, Source
from crm.services.loading import load_file
from crm.services.loading.readings import Said
from crm.services.summarizing import Summary, summarize
from surveys.models import Readiness
from surveys.services.readying import ready
from tests.data_trials import insurance_complaints as trial
from tests.factories import crm as make
from tests.factories.closedloop import policy

AT = datetime(2022, 12, 31, tzinfo=UTC)
BEFORE_ALL, AFTER_ALL = datetime(2012, 1, 1, tzinfo=UTC), datetime(2023, 1, 1, tzinfo=UTC)
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.shared,
    pytest.mark.skipif(not trial.FILE.exists(), reason="needs ../shared/data/insurance_complaints_tdi"),
]


class House:
    """The complaints, loaded once for all tests of the module."""

    def __init__(self, folder: Path) -> None:
        self.lines = trial.lines()
        self.rows = trial.standing(self.lines)
        make.calendar(code="weekdays")
        self.kind = InteractionKind.objects.create(code="complaint", name="Complaint", schema=trial.SCHEMA)
        Source.objects.create(code=trial.SOURCE, name="Department of Insurance", zone="America/Chicago", created_at=AT)
        self.folder, self.file = folder, trial.copied(folder)
        self.units = self.load("units", self.file, trial.UNITS)
        self.customers = self.load("customers", self.file, trial.CUSTOMERS)
        self.interactions = self.load("interactions", self.file, trial.COLUMNS)
        policy()
        self.cases = self.load("cases", self.file, trial.CASES)

    def load(self, kind: str, path: Path, columns: dict[str, Said]) -> Load:
        return load_file(kind=kind, path=path, source=trial.SOURCE, columns=columns, at=AT)

    def counted(self, attribute: str) -> Summary:
        operator = make.User(is_superuser=True, is_active=True)
        return summarize(kind=self.kind, attribute=attribute, principal=operator, since=BEFORE_ALL, until=AFTER_ALL)


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any):
    with django_db_blocker.unblock(), transaction.atomic():
        yield House(tmp_path_factory.mktemp("complaints"))
        transaction.set_rollback(True)


def in_file(house: House, column: str) -> Counter[str]:
    """{value: distinct complaint numbers that name it}, counted from the lines that stay."""
    said = {(line[trial.NUMBER], part) for line in house.rows for part in trial.parts(line[column])}
    return Counter(part for _, part in said)


def test_the_file_is_the_one_that_the_figures_are_about(house: House):
    assert len(house.lines) == 5772
    assert len(house.rows) == 5769


def test_every_complaint_number_becomes_one_interaction(house: House):
    counts = house.interactions.counts
    assert {name: number for name, number in counts.items() if number} == {
        "received": 5772, "created": 5769, "stale": 3, "late": 5769,
    }  # fmt: skip
    assert Interaction.objects.filter(kind=house.kind).count() == 5769
    numbers = set(Interaction.objects.filter(kind=house.kind).values_list("external_id", flat=True))
    assert numbers == {line[trial.NUMBER] for line in house.lines}
    assert (house.units.counts["created"], house.customers.counts["created"]) == (9, 5769)


@pytest.mark.parametrize(
    ("attribute", "column", "distinct", "mentions"),
    [
        ("reasons", trial.REASONS, 58, 9978),
        ("resolutions", trial.RESOLUTIONS, None, None),
        ("companies", trial.COMPANY, 8, 5769),
        ("keywords", "Keywords", None, None),
        ("others", "Others involved", None, None),
    ],
)
def test_what_a_complaint_lists_counts_under_each(
    house: House, attribute: str, column: str, distinct: int | None, mentions: int | None
):
    found, expected = house.counted(attribute), in_file(house, column)
    assert {value.said: value.interactions for value in found.values} == expected
    assert (found.interactions, found.distinct, found.mentions) == (5769, len(expected), expected.total())
    assert distinct in {None, found.distinct}
    assert mentions in {None, found.mentions}


def test_the_most_frequent_reasons_are_those_of_the_file(house: House):
    assert [(value.said, value.interactions) for value in house.counted("reasons").values[:4]] == [
        ("Delays (Claims Handling)", 2357),
        ("Unsatisfactory Settle/Offer", 1927),
        ("Cust Service Claim Handling", 1701),
        ("Denial Of Claim", 1202),
    ]


def test_received_closed_and_confirmed_agree(house: House):
    row = Interaction.objects.get(source=trial.SOURCE, external_id="62688")
    assert row.occurred_at == datetime(2014, 5, 12, 12, tzinfo=ZoneInfo("America/Chicago"))
    assert row.attributes["closed_on"] == "2014-07-02"
    assert row.attributes["reasons"] == ["Delays (Claims Handling)", "Non-Renewal"]
    assert row.unit.name == "State Farm Lloyds"
    said = Counter({"Yes": "true", "No": "false"}[line["Confirmed complaint"]] for line in house.rows)
    assert {value.said: value.interactions for value in house.counted("confirmed").values} == said


def test_a_second_file_may_join_the_lines_of_a_number_that_stands_twice(house: House):
    with transaction.atomic():
        file = trial.write(house.folder / "joined.csv", trial.joined(house.lines))
        counts = house.load("interactions", file, trial.COLUMNS).counts
        row = Interaction.objects.get(source=trial.SOURCE, external_id="164329")
        transaction.set_rollback(True)
    assert (counts["received"], counts["updated"]) == (3, 3)
    assert row.attributes["companies"] == [
        "State Farm County Mutual Insurance Company of Texas",
        "State Farm Mutual Automobile Insurance Company",
    ]
    assert row.attributes["reasons"] == [
        "Cancellation", "Denial Of Claim", "Cust Service Claim Handling", "Notice Requirements",
    ]  # fmt: skip


def test_the_same_file_again_changes_nothing(house: House):
    again = house.load("interactions", house.file, trial.COLUMNS)
    assert (again.counts["received"], again.counts["unchanged"], again.counts["stale"]) == (5772, 5769, 3)


def test_the_scorecard_says_that_nobody_of_them_can_be_asked(house: House):
    ready(at=AT, days=3650)
    card = Readiness.objects.get()
    lines = {line.what: (line.have, line.of) for line in card.cards()[""]}
    assert lines["reachable"] == (0, 5769)
    assert lines["home_unit"] == (5769, 5769)
    assert card.verdict == "missing"


def days_open(rows: Iterable[dict[str, str]]) -> list[int]:
    """Days from received to closed of each line, as the file has them."""
    form = "%m/%d/%Y"
    said = [[datetime.strptime(row[f"{what} date"], form).date() for what in ("Received", "Closed")] for row in rows]
    return [(closed - received).days for received, closed in said]


def quartiles_of(rows: Iterable[dict[str, str]]) -> list[timedelta]:
    return [timedelta(days=share) for share in quantiles(days_open(rows), n=4, method="inclusive")]


def test_every_complaint_number_is_a_closed_case_with_its_reasons_and_resolutions(house: House):
    counts = {name: number for name, number in house.cases.counts.items() if number}
    assert counts == {"received": 5772, "created": 5769, "stale": 3}
    tickets = Ticket.objects.filter(source=trial.SOURCE)
    assert (tickets.count(), tickets.open().count()) == (5769, 0)
    assert Counter(Finding.objects.values_list("learned", flat=True)) == in_file(house, trial.REASONS)
    assert Counter(Action.objects.values_list("done", flat=True)) == in_file(house, trial.RESOLUTIONS)
    again = house.load("cases", house.file, trial.CASES)
    assert (again.counts["received"], again.counts["unchanged"], again.counts["stale"]) == (5772, 5769, 3)


def test_median_and_quartiles_of_the_time_to_close_are_those_of_the_file(house: House):
    operator = make.User(is_superuser=True, is_active=True)
    seen = clocks_seen(operator, source=trial.SOURCE)
    (row,) = times_by_stage(seen, since=None, at=AT)
    assert (row.done, row.judged) == (5769, 0)
    assert [row.lower, row.median, row.upper] == quartiles_of(house.rows)
    assert [row.lower, row.median, row.upper] == [timedelta(days=days) for days in (41, 91, 120)]
    for each in times_by_reason(seen, at=AT)[:10]:
        named = [line for line in house.rows if each.name in trial.parts(line[trial.REASONS])]
        assert (each.done, [each.lower, each.median, each.upper]) == (len(named), quartiles_of(named)), each.name
