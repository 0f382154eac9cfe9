"""A role for business intelligence tools: it reads the views of the `bi` schema and nothing else."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.services.granting import grant_bi


class Command(BaseCommand):
    help = "Create a role that may read the bi schema and nothing else, or grant it to one that is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="Its name in PostgreSQL. The password is read from BI_PASSWORD, if it is set.")

    def handle(self, *args: Any, **options: Any) -> None:
        role = options["role"]
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role):
            raise CommandError("A role's name has small letters, digits and underscores, at most 63.")
        created = grant_bi(role=role, password=os.environ.get("BI_PASSWORD", ""))
        self.stdout.write(f"{role} was created and reads bi." if created else f"{role} reads bi.")
