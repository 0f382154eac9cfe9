"""Runs the proof named on the command line, or all, each in a process of its own."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys

import django
from django.core.management import call_command

from common import embedded_pg
from tests.proofs.record import HOUSE, POSTGRES

PROOFS = (
    "alert_delivery",
    "all_or_nothing",
    "allocator",
    "card",
    "console",
    "contacts",
    "desk",
    "dwell",
    "escalations",
    "folding",
    "idle_worker",
    "immediate",
    "kills",
    "launches",
    "ledger",
    "loading",
    "long_tasks",
    "mornings",
    "organization",
    "outcomes",
    "patterns",
    "poison",
    "postfix",
    "recovery",
    "restarts",
    "scanners",
    "schema",
    "import_bombs",
    "suppression",
    "tickets",
    "webhooks",
)


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGINT):  # so that a proof that is stopped cleans up
        signal.signal(number, lambda *_: sys.exit(1))
    if len(sys.argv) > 1:
        if sys.argv[1] not in PROOFS:
            print(f"the proofs are: {', '.join(PROOFS)}", file=sys.stderr)
            return 2
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
    os.environ["DATABASE_URL"] = embedded_pg.ensure(POSTGRES)
    os.environ["DJANGO_SETTINGS_MODULE"] = "nps_project.settings"
    os.environ["SHOPKEEPER_LOG_LEVEL"] = "CRITICAL"
    # far more of the proofs' mail bounces than any provider allows; brakes are tested by themselves
    os.environ |= {"SHOPKEEPER_BRAKE_BOUNCES": "9,9", "SHOPKEEPER_BRAKE_COMPLAINTS": "9,9"}
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
