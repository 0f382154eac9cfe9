"""A company with as many answers as one likes, made inside the database and taken in by the rollups' own filling.

`python -m bench.many_answers 10000000` makes the database `bench_answers` under var/pg-bench, unless it stands already,
with so many answers of 24 months: 400 branches in 20 regions, 2,000 employees, three programs, four channels, eight
products, four segments, a number of minutes, comments (of the last nine weeks read, with topics). One answer of twenty
has its invitation, beside three that stayed silent; what was decided is there as tallies alone.
`python -m bench.many_answers 10000000 manage.py runserver` lets one look at it as `office`, password `office`;
`--forget` throws it away. 10,000,000 answers take about 9 GB. Everything is drawn with setseed(0.5).
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys

import django
import psycopg

from bench import databases
from common import embedded_pg

NAME = "bench_answers"
ANSWERS = 10_000_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.many_answers", description=__doc__)
    parser.add_argument("answers", nargs="?", type=int, default=ANSWERS)
    parser.add_argument("command", nargs=argparse.REMAINDER, help="to run on it, such as manage.py runserver")
    parser.add_argument("--forget", action="store_true", help="throw the database away")
    wanted = parser.parse_args()
    embedded_pg.ensure(databases.ROOT)
    os.environ |= {"DATABASE_URL": databases.url(NAME), "DJANGO_SETTINGS_MODULE": "nps_project.settings"}
    if wanted.forget:
        databases.forget(NAME)
    elif not _stands(wanted.answers):
        databases.fresh(NAME)
        django.setup()
        company = importlib.import_module("bench.company")  # models are there from here on
        company.organize()
        company.answer(wanted.answers)
    if wanted.command:
        return subprocess.run([sys.executable, *wanted.command], check=False).returncode
    return 0


def _stands(answers: int) -> bool:
    """Whether it was made with so many."""
    try:
        with psycopg.connect(databases.url(NAME)) as own:
            found = own.execute("SELECT answers FROM analytics_fillstate WHERE rollup = 'unit_day_scores'").fetchone()
    except psycopg.Error:  # there is none, or not a whole one
        return False
    return found is not None and found[0] == answers


if __name__ == "__main__":
    sys.exit(main())
