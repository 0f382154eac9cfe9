"""RELIABILITY R-35: files that would fill the memory or never end, given to `manage.py load` in a process of its own,
as answers and as customers: each is refused as a whole or taken line by line, with a sentence, in at most 300 MB.

`python -m tests.proofs import_bombs 20` takes files of 20 MB and 20,000 equal lines instead of 1,000.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from crm.models import Customer
from surveys.models import Program, Response
from tests.factories import surveys as make
from tests.proofs.record import proof
from tests.world import build_world

SEED = 20261122  # nothing is drawn; kept for the form
SIZE = 1000  # MB of the large files; thousands of lines of the long one
MEMORY = 300  # MB
HEAD = b"day,rating,words\n"
LINE = b"2026-11-20,9,fine\n"
ENDS = (b"\n", b"\r\n", b"\r", b"\n")


def bombs(size: int) -> dict[str, tuple[Iterator[bytes], str]]:
    """Chunks of each file, and the words by which it must end."""
    megabyte = b"x" * (1 << 20)
    return {
        "one line": (iter([HEAD, *[megabyte] * size]), "longer than"),
        "one header": (iter([megabyte] * size), "longer than"),
        "a million columns": (iter([b"a," * 1_000_000 + b"\n", b"1," * 1_000_000 + b"\n"]), "longer than"),
        "a quote never closed": (iter([HEAD, b'"', LINE * 20_000]), "1 rejected"),
        "wrong encoding": (iter([HEAD, *[LINE * 50_000] * size, b"2026-11-20,9,tr\xe8s\n"]), "is not utf-8"),
        "mixed line ends": (iter([b"\xef\xbb\xbf", HEAD, *(LINE[:-1] + end for end in ENDS)]), "4 created"),
        "equal lines": (iter([HEAD, *[LINE * 1_000] * size]), f"{size * 1_000:,} created".replace(",", "")),
        "a column twice": (iter([b"day,rating,rating\n", LINE]), "several columns"),
        "nul bytes": (iter([HEAD, LINE, b"\0" * 1_000_000]), "1 created"),
    }


def as_customers(size: int) -> dict[str, tuple[Iterator[bytes], str]]:
    """Those that end otherwise as customers: a row that is wrong costs itself alone, and equal ids are one customer."""
    found = bombs(size)
    found["mixed line ends"] = found["mixed line ends"][0], "1 rejected"  # two rows in one line are none
    found["equal lines"] = found["equal lines"][0], f"1 created + 0 updated + 0 unchanged + {size * 1_000 - 1} stale"
    found["wrong encoding"] = iter([HEAD, LINE * 50_000, b"2026-11-20,9,tr\xe8s\n"]), "1 rejected"
    found["endless names"] = (
        iter([HEAD, *[b'2026-11-20,9,"' + b"x" * 1_000_000 + b'"\n'] * (size // 10 + 1)]),
        "rejected",
    )
    return found


def load(path: Path, kind: str, unit: str) -> dict[str, Any]:
    """How the command ended, and the most memory it held at once."""
    fields = {"responses": ("score", "date", "comment"), "customers": ("external_id", "attributes.day", "given_name")}
    pairs = zip(fields[kind], ("rating", "day", "words"), strict=True)
    maps = [word for field, column in pairs for word in ("--map", f"{field}={column}")]
    own = {
        "responses": ["--program", "bombs", "--unit", unit, "--channel", "email"],
        "customers": ["--source", "bombs"],
    }
    command = [sys.executable, "manage.py", "load", kind, str(path), *own[kind], *maps]
    started = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=said, stderr=said)
        memory = 0
        while process.poll() is None:
            memory = max(memory, peak_of(process.pid))
            time.sleep(0.02)
        said.seek(0)
        words = said.read()[-4_000:].decode(errors="replace")
    seconds, crashed = round(time.monotonic() - started, 1), process.returncode not in {0, 1, 3} or "Traceback" in words
    return {"words": words, "crashed": crashed, "mb": memory, "seconds": seconds}


def peak_of(pid: int) -> int:
    """MB that a process has held at most so far."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024
    return 0


def main() -> None:
    size = int(sys.argv[2]) if len(sys.argv) > 2 else SIZE
    world, ends = build_world(), dict[str, Any]()
    program = make.program(code="bombs", kind=Program.Kind.COLLECTED)
    with (
        proof("import_bombs", seed=SEED, promises=["each_ended_in_a_sentence", "within_memory"]) as figures,
        tempfile.TemporaryDirectory() as folder,
    ):
        made = [("responses", *bomb) for bomb in bombs(size).items()]
        made += [("customers", *bomb) for bomb in as_customers(size).items()]
        for kind, bomb, (chunks, expected) in made:
            name, path = f"{bomb} of {kind}", Path(folder) / "bomb.csv"
            with path.open("wb") as file:
                file.writelines(chunks)
            Response.objects.filter(program=program).delete()
            Customer.objects.filter(source="bombs").delete()
            end = load(path, kind, world.harbour.external_id)
            end["as_expected"] = expected in end["words"] and not end["crashed"]
            print(f"{name}: {end['seconds']} s, {end['mb']} MB: {end.pop('words')[-300:]}", file=sys.stderr, flush=True)
            ends[name] = end
        figures.update(
            files=ends, most_mb=max(end["mb"] for end in ends.values()),
            each_ended_in_a_sentence=all(end["as_expected"] for end in ends.values()),
            within_memory=all(end["mb"] <= MEMORY for end in ends.values()),
        )  # fmt: skip
