"""A load that is killed goes on where it was; the same rows in another order make the same tables and refusals."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest
from django.db import connection

from common.models import Event, Load
from crm.models import Customer, Interaction
from crm.services.loading import reject_file_of
from tests.bulk_files import customers_file, interactions_file
from tests.crm.files import load, rejects, sums, tables
from tests.faults.forking import status_of
from tests.world import World, build_world

SEED, COUNT = 20261122, 1_500
SMALL = 1 << 14  # bytes a stretch: a dozen or two of them
# the session ends at the worst moment: the rows are written, the reject file has grown, the progress is not kept yet
ENDS = """
CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
CREATE TRIGGER end_session BEFORE UPDATE ON common_load FOR EACH ROW
  WHEN (OLD.lines < {line} AND NEW.lines >= {line}) EXECUTE FUNCTION end_session();
"""
GOES_ON = "DROP TRIGGER end_session ON common_load; DROP FUNCTION end_session"


@pytest.fixture
def world(transactional_db) -> World:
    found = build_world()
    found.harbour.external_id = "here"
    found.harbour.save()
    return found


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    return {kind: tmp_path / f"{kind}.csv" for kind in ("customers", "interactions")}


def make_files(files: dict[str, Path], order: random.Random | None = None) -> dict[str, list[int]]:
    made = {
        "customers": customers_file(COUNT, seed=SEED, unit="here"),
        "interactions": interactions_file(2 * COUNT, COUNT, seed=SEED, unit="here"),
    }
    return {kind: made[kind].write(path, order=order) for kind, path in files.items()}


def left(files: dict[str, Path]) -> tuple[dict[str, list[str]], dict[str, bytes]]:
    return tables(), {kind: reject_file_of(path, kind).read_bytes() for kind, path in files.items()}


def forget() -> None:
    Interaction.objects.filter(external_id__regex="^(v|x)-").delete()
    Customer.objects.filter(external_id__regex="^(k|n|x)-").delete()
    Load.objects.all().delete()


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def killed_after(kind: str, path: Path, stretches: int) -> int:
    """The exit status of a process that is killed when so many stretches are in."""
    seen = []

    def progress(_: Load) -> None:
        seen.append(1)
        if len(seen) == stretches:
            os.kill(os.getpid(), signal.SIGKILL)

    return status_of(lambda: load(path, kind, stretch=SMALL, progress=progress))


def test_a_load_that_is_killed_again_and_again_leaves_what_one_in_peace_leaves(world, files):
    refused = make_files(files)
    for kind, path in files.items():
        in_peace = load(path, kind)
        assert [int(line[0]) for line in rejects(path)] == refused[kind]
        assert in_peace.counts["rejected"] == len(refused[kind])
    peace = left(files)
    forget()
    for kind, path in files.items():
        assert killed_after(kind, path, 3) == -signal.SIGKILL
        half = Load.objects.get(kind=kind)
        assert (0 < half.done < half.size, half.finished_at) == (True, None)
        run(ENDS.format(line=1_000))
        assert status_of(lambda kind=kind, path=path: load(path, kind, stretch=SMALL)) == 1
        run(GOES_ON)
        again = Load.objects.get(kind=kind)
        assert (half.lines < again.lines < 1_000, again.failure[:29]) == (True, "Broken off (OperationalError)")
        found = load(path, kind, stretch=SMALL)
        assert (found.pk, found.counts["rejected"], found.failure) == (again.pk, len(refused[kind]), "")
        assert found.counts["received"] == sum(
            found.counts[name] for name in ("created", "updated", "stale", "rejected")
        )
    assert left(files) == peace
    assert Event.objects.filter(what="load.finished").count() == 4


def test_the_same_rows_in_another_order_make_the_same_tables_and_refusals(world, files):
    make_files(files)
    for kind, path in files.items():
        load(path, kind)
    before, refusals = tables(), {kind: sorted(line[1:] for line in rejects(path)) for kind, path in files.items()}
    for undo in (False, True):  # once over the rows that are there, once anew
        if undo:
            forget()
        refused = make_files(files, order=random.Random(SEED + undo))
        for kind, path in files.items():
            load(path, kind, stretch=SMALL)
            assert [int(line[0]) for line in rejects(path)] == refused[kind]
            assert sorted(line[1:] for line in rejects(path)) == refusals[kind]
        assert tables() == before


def test_a_reject_file_that_was_taken_away_is_made_anew(world, files):
    refused = make_files(files)
    assert killed_after("customers", files["customers"], 3) == -signal.SIGKILL
    reject_file_of(files["customers"], "customers").unlink()
    found = load(files["customers"], stretch=SMALL)
    assert [int(line[0]) for line in rejects(files["customers"])] == refused["customers"]
    assert sums(found)["unchanged"] > 0


def test_a_reject_file_that_another_load_left_is_made_anew_and_a_dry_run_leaves_it_alone(world, files):
    """The rows under another source are refused for other reasons; what they left is as long and not the same."""
    refused, path = make_files(files)["customers"], files["customers"]
    load(path)
    peace = reject_file_of(path, "customers").read_bytes()
    forget()
    assert killed_after("customers", path, 3) == -signal.SIGKILL
    half = reject_file_of(path, "customers").read_bytes()
    load(path, dry_run=True)
    assert reject_file_of(path, "customers").read_bytes() == half
    assert [int(line[0]) for line in rejects(path, dry_run=True)] == refused
    reject_file_of(path, "customers").write_bytes(b"?" * len(half))
    found = load(path, stretch=SMALL)
    assert (found.counts["rejected"], reject_file_of(path, "customers").read_bytes()) == (len(refused), peace)


def test_a_file_that_is_being_loaded_is_not_loaded_twice_at_once(world, files):
    make_files(files)
    told = []

    def meanwhile(_: Load) -> None:
        if not told:
            told.append(status_of(lambda: load(files["customers"], stretch=SMALL, patience=0)))

    load(files["customers"], stretch=SMALL, progress=meanwhile)
    assert told == [1]
    assert Load.objects.filter(finished_at=None).count() == 0
