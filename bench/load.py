"""Two CSV files, customers with their addresses and what happened with them, against COPY and upsert written by hand.

1,000,000 customers, 5,000,000 interactions; every round works on a fresh copy of the same empty house and commits. What
both leave is held against each other to the row. The files are drawn with a fixed seed.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from django.db import connection, transaction

from bench import databases
from bench.timing import Line, faster, progress
from common.models import Load
from crm.services.loading import load_file

AT = datetime(2026, 11, 24, 6, tzinfo=UTC)
CUSTOMERS, INTERACTIONS = 1_000_000, 5_000_000
UNITS, EMPLOYEES = 200, 2_000
HOUSE, WORK = "bench_load", "bench_load_copy"
ROUNDS, FULL = 3, 0.5  # once at full size: a round takes minutes
MEGABYTES = 200  # of Python, at most
BLOCK = 1 << 20
SEED = 20261122
NAMES = {
    "customers": ("external_id", "given_name", "family_name", "language", "segment", "unit", "as_of", "email", "phone"),
    "interactions": (
        "external_id", "kind", "customer", "unit", "employee", "product", "channel", "occurred_at", "as_of",
        "attributes.wait_minutes", "attributes.topic",
    ),
}  # fmt: skip
GIVEN = ("Ann", "Ben", "Chloé", "Dieter", "Élodie", "Farid", "Grace", "Hana", "Ingrid", "José", "Kofi", "Łucja")
FAMILY = ("Moreau", "Smith", "Müller", "Okafor", "Rossi", "Silva", "Tanaka", "Novák", "Jensen", "O'Brien")
ORGANIZATION = """
INSERT INTO crm_businesscalendar (code, name, week, country, subdivision, closed_days)
  VALUES ('bench', 'bench', '{}', '', '', '[]');
INSERT INTO crm_orgunit (source, external_id, name, kind, zone, calendar_id)
  SELECT 'bench', 'u-' || n, 'Unit ' || n, 'branch', 'Europe/London', (SELECT max(id) FROM crm_businesscalendar)
  FROM generate_series(0, %(units)s - 1) n;
INSERT INTO crm_employee (source, external_id, name, email)
  SELECT 'bench', 'e-' || n, 'Employee ' || n, '' FROM generate_series(0, %(employees)s - 1) n;
INSERT INTO crm_interactionkind (code, name, schema) VALUES
  ('visit', 'Visit', '{"wait_minutes": {"type": "integer"}, "topic": {"type": "string"}}'),
  ('call', 'Call', '{"wait_minutes": {"type": "integer"}, "topic": {"type": "string"}}');
ANALYZE;
"""
# what must be the same, without the numbers that each run hands out anew
ROWS = {
    "customers": """SELECT source, external_id, given_name, family_name, language, zone, segment, unit_id, canonical_id,
        attributes, as_of, erased_at FROM crm_customer""",
    "contact points": """SELECT c.external_id, channel, address, normalized, address_hash, preferred, unusable_since,
        unusable_why FROM crm_contactpoint p JOIN crm_customer c ON c.id = p.customer_id""",
    "interactions": """SELECT i.source, i.external_id, kind_id, c.external_id AS customer, i.unit_id, employee_id,
        product, channel, occurred_at, received_at, i.as_of, i.attributes, load_id IS NULL AS alone, triggered_at
        FROM crm_interaction i JOIN crm_customer c ON c.id = i.customer_id""",
}
HASH = "SELECT count(*), sum(hashtextextended(row::text, 0)::numeric) FROM ({}) row"


def run(scale: float) -> Iterator[Line]:
    customers, interactions = int(CUSTOMERS * scale), int(INTERACTIONS * scale)
    with connection.cursor() as cursor:
        cursor.execute(ORGANIZATION, {"units": UNITS, "employees": EMPLOYEES})
    with tempfile.TemporaryDirectory(dir=databases.ROOT) as folder:
        files = {"customers": Path(folder) / "customers.csv", "interactions": Path(folder) / "interactions.csv"}
        progress("load: drawing the files")
        _draw(files, customers, interactions)
        yield from _measure(
            files, ROUNDS if scale < FULL else 1, f"{customers:,} customers", f"{interactions:,} interactions"
        )
    yield _memory()


def _draw(files: dict[str, Path], customers: int, interactions: int) -> None:
    chance = random.Random(SEED)
    with files["customers"].open("w") as file:
        file.write(",".join(NAMES["customers"]) + "\n")
        file.writelines(_customer(number, chance) for number in range(customers))
    with files["interactions"].open("w") as file:
        file.write(",".join(NAMES["interactions"]) + "\n")
        file.writelines(_interaction(number, interactions, customers, chance) for number in range(interactions))


def _customer(number: int, chance: random.Random) -> str:
    email = f"person{number}@example.org" if chance.random() < 0.9 else ""
    phone = f"+4420794{number % 100_000:05d}" if chance.random() < 0.8 else ""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    known = f"2026-11-{chance.randint(1, 20):02d}T08:00:00Z"
    return f"c-{number:07d},{given},{family},en,retail,u-{chance.randrange(UNITS)},{known},{email},{phone}\n"


def _interaction(number: int, all_of_them: int, customers: int, chance: random.Random) -> str:
    at = AT - timedelta(seconds=(all_of_them - number) * 60_000_000 // all_of_them + chance.randint(3_600, 90_000))
    kind, channel = ("visit", "branch") if chance.random() < 0.6 else ("call", "phone")
    unit = chance.randrange(UNITS)
    employee = f"e-{unit * 10 + chance.randrange(10)}" if chance.random() < 0.8 else ""
    wait = chance.randint(0, 40) if chance.random() < 0.7 else ""
    moment = at.isoformat()
    return (
        f"v-{number:08d},{kind},c-{chance.randrange(customers):07d},u-{unit},{employee},current account,{channel},"
        f"{moment},{moment},{wait},{chance.choice(('cards', 'loan', ''))}\n"
    )


def _measure(files: dict[str, Path], rounds: int, *sizes: str) -> Iterator[Line]:
    times: dict[str, dict[str, list[float]]] = {"ours": {}, "by hand": {}}
    left = {}
    for way, loads in [("by hand", _by_hand), ("ours", _ours)] * rounds:
        _fresh()
        for kind, path in files.items():
            seconds = _timed(partial(loads, kind, path))
            times[way].setdefault(kind, []).append(seconds)
            progress(f"load: {kind} {way}, {seconds:.1f} s")
        left[_what_stands()] = way
        if len(left) > 1:
            raise AssertionError(f"not the same rows: {left}")
    for kind, size in zip(files, sizes, strict=True):
        yield faster(f"load: {size}", times["ours"][kind], times["by hand"][kind])
    both = [[sum(pair) for pair in zip(*times[way].values(), strict=True)] for way in ("ours", "by hand")]
    yield faster(f"load: {' and '.join(sizes)}", both[0], both[1], bar=1 / 1.3)
    connection.close()
    databases.forget(WORK)


def _fresh() -> None:
    connection.close()
    connection.settings_dict["NAME"] = HOUSE
    databases.copy(HOUSE, WORK)
    connection.settings_dict["NAME"] = WORK
    connection.ensure_connection()


def _timed(way: Callable[[], None]) -> float:
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def _ours(kind: str, path: Path) -> None:
    load = load_file(kind=kind, path=path, source="bench", columns=None, at=AT)
    if load.counts["created"] != load.counts["received"]:
        raise AssertionError(load.counts)


def _by_hand(kind: str, path: Path) -> None:
    names = [name.removeprefix("attributes.") for name in NAMES[kind]]
    statements = (Path(__file__).parent / "load_reference.sql").read_text().split(f"-- :{kind}")[1].split("-- :")[0]
    with transaction.atomic(), connection.cursor() as cursor:
        load = Load.objects.create(kind=kind, source="bench", started_at=AT)
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            f"CREATE TEMPORARY TABLE bench_rows ({', '.join(f'{name} text' for name in names)}) ON COMMIT DROP"
        )
        with path.open("rb") as file, cursor.copy("COPY bench_rows FROM STDIN (FORMAT csv, HEADER, NULL '-')") as copy:
            while block := file.read(BLOCK):
                copy.write(block)
        cursor.execute("ANALYZE bench_rows")
        at = f"timestamptz '{AT.isoformat()}'"
        cursor.execute(statements.replace(":at", at).replace(":load", str(load.pk)))


def _what_stands() -> tuple[tuple[str, tuple[int, int]], ...]:
    """How many rows, and one number for all that they hold."""
    found = []
    with connection.cursor() as cursor:
        for name, rows in ROWS.items():
            cursor.execute(HASH.format(rows))
            found.append((name, cursor.fetchone()))
    return tuple(found)


def _memory() -> Line:
    """The most that this process, which ran ours, ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Line("load: memory of Python", f"{peak:.0f} MB", f"{MEGABYTES} MB", MEGABYTES / peak, 1.0)
