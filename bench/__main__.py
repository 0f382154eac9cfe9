"""Runs the measurements named on the command line, or all, each in a process of its own."""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
from pathlib import Path

import django

from bench import databases

MEASUREMENTS = (
    "fold", "dispositions", "load", "trigger", "answering", "folding", "answers", "dispatch", "tickets", "topics",
    "drivers",
)  # fmt: skip
HOUSE = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MEASUREMENTS], metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--scale", type=float, default=1.0, help="of the full size; 0.05 is a quick look")
    wanted = parser.parse_args()
    if len(wanted.names) == 1:
        return measure(wanted.names[0], wanted.scale)
    command = [sys.executable, "-m", "bench", "--scale", str(wanted.scale)]
    runs = [subprocess.run([*command, name], check=False, cwd=HOUSE) for name in wanted.names or MEASUREMENTS]
    return sum(bool(run.returncode) for run in runs)


def measure(name: str, scale: float) -> int:
    """Print a line for each result; 1 when one is below its bar."""
    os.environ["DATABASE_URL"] = databases.fresh(f"bench_{name}")
    os.environ["DJANGO_SETTINGS_MODULE"] = "nps_project.settings"
    os.environ["SHOPKEEPER_LOG_LEVEL"] = "ERROR"
    django.setup()
    print("name | ours | reference | ratio", flush=True)
    below = 0
    for line in importlib.import_module(f"bench.{name}").run(scale):
        print(line, flush=True)
        below += line.below
    databases.forget(f"bench_{name}")
    return int(below > 0)


if __name__ == "__main__":
    sys.exit(main())
