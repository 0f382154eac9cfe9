"""manage.py database_url: where the data is, for whoever connects with a tool of their own."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Print the DATABASE_URL in use: of the embedded server if none is set. It runs while something uses it."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(os.environ["DATABASE_URL"])
