from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics.services.filling import fill, fill_invitations, rebuild


class Command(BaseCommand):
    """`manage.py refill_rollups`: compute every rollup anew from responses and invitations."""

    help = "Throws all facts and rollups away and computes them from responses and invitations. Pages stay readable."

    def handle(self, *_args: Any, **_options: Any) -> None:
        at = timezone.now()
        facts = rebuild(at=at)
        fill(at=at)
        fill_invitations(at=at)
        self.stdout.write(f"{facts} answers stand in the rollups again")
