"""`python -m bench [MODULE ...]`: prints `name | ours | reference | ratio`, a line each."""

import importlib
import os
import pkgutil
import sys
from pathlib import Path

from common import embedded_pg

os.environ["DATABASE_URL"] = embedded_pg.ensure(Path(__file__).resolve().parent.parent / "var" / "pg-bench")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nps_project.settings")

import django  # settings read DATABASE_URL
from django.core.management import call_command

import bench

NOT_MEASURED = {"__main__", "timing"}


def main(wanted: list[str]) -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    print("name | ours | reference | ratio")
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name not in NOT_MEASURED and (not wanted or module.name in wanted):
            call_command("flush", interactive=False, verbosity=0)
            for line in importlib.import_module(f"bench.{module.name}").run():
                print(line, flush=True)
    call_command("flush", interactive=False, verbosity=0)


main(sys.argv[1:])
