from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics.services.filling import fill, rebuild


class Command(BaseCommand):
    """`manage.py refill_rollups`: compute every rollup anew from the responses."""

    help = "Throws the answer facts and all rollups away and computes them from the responses. Pages stay readable."

    def handle(self, *_args: Any, **_options: Any) -> None:
        at = timezone.now()
        facts = rebuild(at=at)
        fill(at=at)
        self.stdout.write(f"{facts} answers stand in the rollups again")
