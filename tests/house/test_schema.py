"""The API keeps to its schema, whoever calls and whatever is sent: one caller of each kind, since each takes some
twenty seconds for every operation. `python -m tests.proofs schema` knows all callers, and sends far more."""

import pytest
from django.core.management import call_command

from tests.hammer import SINGLE, Findings, callers, fits_when_cleaned, hammer, known
from tests.walk import walk
from tests.world import build_world

SEED = 20261122
SHUT_OUT = {400, 401, 404, 405}  # whatever comes without a good key: unreadable, nobody, nothing there


def test_the_schema_is_generated_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yml"))


@pytest.fixture
def called_by(transactional_db):
    """The company with one answer all the way through, and who may call about it."""
    world = build_world()
    ids = known(world, walk(world))
    headers = callers(world)

    def call(caller: str, **options) -> Findings:
        found = hammer(headers[caller], ids=ids, seed=SEED, **options)
        assert found.server_errors == 0
        assert found.fewest >= options["examples"]
        return found

    return call


def test_a_key_with_every_scope_meets_nothing_that_the_schema_does_not_say(called_by):
    found = called_by("every scope", examples=2, coverage=SINGLE)
    assert found.violations == []
    assert {200, 201, 404, 409, 422} <= set(found.statuses)


def test_a_person_meets_nothing_that_the_schema_does_not_say(called_by):
    found = called_by("branch", examples=1)
    assert found.violations == []
    assert {200, 403} <= set(found.statuses)


def test_a_key_with_few_scopes_meets_nothing_that_the_schema_does_not_say(called_by):
    found = called_by("one scope", examples=1)
    assert found.violations == []
    assert 403 in found.statuses


def test_without_a_good_key_nothing_is_answered(called_by):
    found = called_by("false key", examples=1)
    assert found.violations == []
    assert set(found.statuses) <= SHUT_OUT


@pytest.mark.parametrize(
    ("name", "fits"),
    [("\x11abc", True), ("abcd", False), ("abc", False), (5, False), ("a" * 20_000, False)],
    ids=["a control character too much", "too long", "as it should be", "a number", "far too long"],
)
def test_what_only_cleaning_makes_good_is_told_from_what_is_wrong(name, fits):
    schema = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}}
    assert fits_when_cleaned({"name": name}, schema) is fits
