"""Real complaints come in by file and mapping, one interaction a complaint number; every total agrees with the file."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from common.models import Load
from crm.models import Interaction, InteractionKind, Source
from crm.services.loading import load_file
from crm.services.loading.readings import Said
from crm.services.summarizing import Summary, summarize
from surveys.models import Readiness
from surveys.services.readying import ready
from tests.data_trials import insurance_complaints as trial
from tests.factories import crm as make

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
