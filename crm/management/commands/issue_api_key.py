"""A key for another system, from the command line. The secret is printed once and cannot be had again: it alone goes to
standard output, what the key opens to standard error."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.models import ApiKey, OrgUnit, Placement
from crm.models.api_keys import SCOPES
from crm.services.feeds.knowing import doubt


class Command(BaseCommand):
    help = "Issue an API key and print its secret, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="Whose key it is, for people.")
        parser.add_argument("--source", required=True, help="Rows sent with the key carry this source.")
        parser.add_argument(
            "--new-source", action="store_true", help="Nothing came from this source before, and that is right."
        )
        parser.add_argument("--unit", help="External id of the unit whose subtree it may touch; default: the root.")
        parser.add_argument("--unit-source", help="Source of that id, if several sources gave it.")
        parser.add_argument("--scope", action="append", choices=SCOPES, help="Repeat for several; default: all.")
        parser.add_argument("--days", type=int, help="Expires after so many days, one at least.")

    def handle(self, *args: Any, **options: Any) -> None:
        at, days = timezone.now(), options["days"]
        if days is not None and days < 1:
            raise CommandError("A key is good for one day at least; leave --days out for one that does not expire.")
        if not options["new_source"] and (words := doubt(options["source"])):
            raise CommandError(words)
        key, secret = ApiKey.issue(
            name=options["name"],
            source=options["source"],
            scopes=options["scope"] or SCOPES,
            unit=_unit(options["unit"], options["unit_source"]),
            at=at,
            expires_at=at + timedelta(days=days) if days else None,
        )
        self.stderr.write(told(key))
        self.stdout.write(secret)


def told(key: ApiKey) -> str:
    """What the key opens, for whoever issued it."""
    scopes = "all scopes" if set(key.scopes) == set(SCOPES) else "scopes"
    ends = f"until {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else "without an end"
    return (
        f"{key}: rows of {key.source}; {key.unit.name} ({key.unit.external_id}) and what stands below it;"
        f" {ends}; {scopes}: {', '.join(key.scopes)}."
    )


def _unit(external_id: str | None, source: str | None) -> OrgUnit:
    if external_id is None:
        found = OrgUnit.objects.filter(pk__in=_roots())
    else:
        found = OrgUnit.objects.filter(external_id=external_id, **({"source": source} if source else {}))
    units = list(found[:2])
    if len(units) != 1:
        raise CommandError(
            f"{'No' if not units else 'More than one'} such unit; name one with --unit and --unit-source."
        )
    return units[0]


def _roots() -> Any:
    today = timezone.now().date()
    placed = Placement.objects.filter(hierarchy__is_primary=True, recorded__upper_inf=True, valid__contains=today)
    return placed.filter(parent=None).values("unit")
