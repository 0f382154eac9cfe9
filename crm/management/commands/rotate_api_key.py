"""A successor for an API key, from the command line. The secret is printed once and cannot be had again."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.models import ApiKey
from crm.models.api_keys import OVERLAP, NotRotated


class Command(BaseCommand):
    help = "Issue a successor of an API key and print its secret, once. The old one stays good for some days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help="How the old secret begins, as the console shows it.")
        parser.add_argument("--keep", type=int, default=OVERLAP.days, help="Days that the old secret stays good.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(ApiKey.objects.filter(prefix=options["prefix"])[:2])
        if len(found) != 1:
            raise CommandError(f"{'No' if not found else 'More than one'} key begins like that.")
        try:
            _, secret = found[0].rotate(at=timezone.now(), keep=timedelta(days=options["keep"]))
        except NotRotated as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(secret)
