"""100,000 customers and 300,000 interactions as files, one row of a hundred broken, loaded in peace; then again over
what is there; then anew by processes that are killed twenty times at any moment; then anew in another order, with half
of each file by itself before. Each time the same tables and the very rows refused, and memory that does not grow.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from django.db import connection

from common.forks import forget_connections
from common.models import Load
from crm.models import ContactPoint, Customer, Interaction
from crm.services.loading import load_file, reject_file_of
from tests.bulk_files import Made, customers_file, interactions_file
from tests.crm.files import TABLES, rejects
from tests.proofs.import_bombs import peak_of
from tests.proofs.record import proof, say, scaled
from tests.world import NOW, build_world

SEED = 20261122
CUSTOMERS, INTERACTIONS, KILLS = 100_000, 300_000, 20
MEMORY = 300  # MB of a process that loads
STRETCH = 1 << 20  # smaller than usual, so that most kills hit a file in its midst
HASH = "SELECT count(*), sum(hashtextextended(row::text, 0)::numeric) FROM ({}) row"

Left = dict[str, tuple[int, int]]


def main() -> None:
    world = build_world()
    world.harbour.external_id = "here"
    world.harbour.save()
    made = {
        "customers": customers_file(scaled(CUSTOMERS), seed=SEED, unit="here"),
        "interactions": interactions_file(scaled(INTERACTIONS), scaled(CUSTOMERS), seed=SEED, unit="here"),
    }
    promises = ["again_the_same", "killed_the_same", "shuffled_the_same", "reject_files_exact", "within_memory"]
    with proof("loading", seed=SEED, promises=promises) as figures, tempfile.TemporaryDirectory() as folder:
        files = {kind: Path(folder) / f"{kind}.csv" for kind in made}
        refused = {kind: made[kind].write(path) for kind, path in files.items()}
        seconds = {kind: in_peace(kind, path) for kind, path in files.items()}
        peace, first = what_stands(), {kind: reject_file_of(path, kind).read_bytes() for kind, path in files.items()}
        exact = [refusals(path) == refused[kind] for kind, path in files.items()]
        for kind, path in files.items():
            in_peace(kind, path)
        figures["again_the_same"] = what_stands() == peace
        forget()
        kills, memory = 0, 0
        for kind, path in files.items():
            hit, most = in_war(kind, path, seconds[kind])
            kills, memory = kills + hit, max(memory, most)
            exact.append(reject_file_of(path, kind).read_bytes() == first[kind])
        figures["killed_the_same"] = what_stands() == peace
        forget()
        exact += [in_pieces(kind, path, made[kind]) for kind, path in files.items()]
        figures["shuffled_the_same"] = what_stands() == peace
        figures.update(
            rows={kind: len(found.lines) + 1 for kind, found in made.items()}, seconds_in_peace=seconds, kills=kills,
            refused={kind: len(lines) for kind, lines in refused.items()}, reject_files_exact=all(exact),
            most_mb=memory, within_memory=memory <= MEMORY,
        )  # fmt: skip


def load(kind: str, path: Path) -> Load:
    return load_file(kind=kind, path=path, source="crm", columns=None, at=NOW, stretch=STRETCH)


def in_peace(kind: str, path: Path) -> float:
    """Seconds that it takes."""
    started = time.monotonic()
    counts = load(kind, path).counts
    say(f"{kind}: {counts}")
    return round(time.monotonic() - started, 1)


def in_war(kind: str, path: Path, seconds: float) -> tuple[int, int]:
    """Load it in processes that are killed at any moment until one comes through: kills, and the most memory in MB."""
    chance, kills, most = random.Random(SEED), 0, 0
    while True:
        patience = chance.uniform(0, seconds / 3) if kills < KILLS // 2 else None
        status, memory = process(kind, path, patience)
        most = max(most, memory)
        if status == 0:
            say(f"{kind}: came through after {kills} kills, at most {most} MB")
            return kills, most
        if status != -signal.SIGKILL:
            raise SystemExit(f"a load ended with {status}")
        kills += 1


def process(kind: str, path: Path, patience: float | None) -> tuple[int, int]:
    """How a process ended that loads the file and is killed after `patience` seconds, and its most memory in MB."""
    child = os.fork()
    if not child:
        status = 1
        try:
            forget_connections()
            load(kind, path)
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    began, memory, ended = time.monotonic(), 0, 0
    while not ended:
        memory = max(memory, peak_of(child))
        if patience is not None and time.monotonic() - began > patience:
            os.kill(child, signal.SIGKILL)
        ended, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    return os.waitstatus_to_exitcode(status), memory


def in_pieces(kind: str, path: Path, made: Made) -> bool:
    """The rows in another order, the first half as a file of its own and then all of them: is what is refused exact?"""
    refused = made.write(path, order=random.Random(SEED))
    half = path.with_name(f"half-{path.name}")
    lines = path.read_bytes().split(b"\n")
    half.write_bytes(b"\n".join(lines[: len(lines) // 2]) + b"\n")
    load(kind, half)
    load(kind, path)
    first = [line for line in refused if line <= len(lines) // 2]
    return refusals(path) == refused and refusals(half) == first


def refusals(path: Path) -> list[int]:
    return [int(row[0]) for row in rejects(path)]


def what_stands() -> Left:
    """How many rows of each table, and one number for all that they hold."""
    with connection.cursor() as cursor:
        found: Left = {}
        for name, rows in TABLES.items():
            cursor.execute(HASH.format(rows))
            found[name] = cursor.fetchone()
    return found


def forget() -> None:
    """Everything that the files brought."""
    Interaction.objects.exclude(load=None)._raw_delete("default")
    brought = Customer.objects.filter(external_id__regex="^(k|n)-")
    ContactPoint.objects.filter(customer__in=brought)._raw_delete("default")
    brought._raw_delete("default")
    Load.objects.all().delete()
