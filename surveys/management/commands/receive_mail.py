"""A mail from standard input, as a mail server pipes it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from surveys.services.inbound.receiving import receive_mail

TRY_AGAIN = 75  # EX_TEMPFAIL: the mail server keeps the mail and tries again
CHUNK = 1024 * 1024


class Command(BaseCommand):
    help = "Take in one mail from standard input (for a pipe of Postfix)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recipient", default="", help="Whom the envelope names: ${original_recipient}")

    def handle(self, *args: Any, **options: Any) -> None:
        kept, size = _read(settings.INBOUND_MAX_BYTES)
        try:
            receive_mail(raw=kept, size=size, source="pipe", recipient=options["recipient"], at=timezone.now())
        except (DatabaseError, InterfaceError) as error:
            self.stderr.write(f"4.3.0 the database is away: {type(error).__name__}")
            sys.exit(TRY_AGAIN)


def _read(most: int) -> tuple[bytes, int]:
    """The first `most` bytes, and how many there are in all."""
    kept = sys.stdin.buffer.read(most)
    size = len(kept)
    while chunk := sys.stdin.buffer.read(CHUNK):
        size += len(chunk)
    return kept, size
