"""Runs the proof named on the command line, or all, each in a process of its own."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import django
from django.core.management import call_command

from common import embedded_pg

PROOFS = ("all_or_nothing", "idle_worker", "killed_senders", "schema")
HOUSE = Path(__file__).resolve().parents[2]


def main() -> int:
    if len(sys.argv) > 1:
        prepare()
        importlib.import_module(f"tests.proofs.{sys.argv[1]}").main()
        return 0
    command = [sys.executable, "-m", "tests.proofs"]
    broken = [name for name in PROOFS if subprocess.run([*command, name], check=False, cwd=HOUSE).returncode]
    if broken:
        print(f"not held: {', '.join(broken)}", file=sys.stderr)
    return len(broken)


def prepare() -> None:
    """Django on an empty database under var/pg-proofs; child processes inherit it."""
    os.environ["DATABASE_URL"] = embedded_pg.ensure(HOUSE / "var" / "pg-proofs")
    os.environ["DJANGO_SETTINGS_MODULE"] = "nps_project.settings"
    os.environ["SHOPKEEPER_LOG_LEVEL"] = "CRITICAL"
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
