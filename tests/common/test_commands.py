"""Commands for whoever stands before the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    return done.stdout.strip()


def test_psql_reaches_the_embedded_database_by_the_line_that_is_printed(db):
    assert run("manage.py", "dbshell", "--", "-Atc", "SELECT current_user") == "shopkeeper"
    assert run("manage.py", "database_url") == os.environ["DATABASE_URL"]


def test_commands_run_with_the_settings_of_the_demo(db):
    said = run(
        "-m", "demo.manage", "shell", "-v", "0", "-c", "from django.conf import settings; print(settings.COMPANY)"
    )
    assert said == "Alder Bank"
