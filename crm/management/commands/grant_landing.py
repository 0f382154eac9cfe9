"""manage.py grant_landing ROLE: let a database role fill the landing tables."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from crm.services.landing.granting import grant, grants


class Command(BaseCommand):
    help = "Print (or, with --run, run) what lets a database role write into the landing tables, and nothing else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role")
        parser.add_argument("--run", action="store_true", help="Run the statements instead of printing them.")

    def handle(self, *args: Any, **options: Any) -> None:
        for statement in grants(options["role"]):
            self.stdout.write(f"{statement};")
        if options["run"]:
            try:
                grant(options["role"])
            except ProgrammingError as error:
                raise CommandError(str(error).splitlines()[0]) from error
            self.stderr.write("Granted.")
