"""Public links come and go; what is printed on one never changes its meaning."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from common.models import Event, User
from common.text import clean_line
from crm.models import OrgUnit
from surveys.models import Program, PublicLink

# no 0, 1, i, l, o: people type it from paper. 31 letters, 14 of them: 69 random bits
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
LENGTH = 14


@transaction.atomic
def make_link(
    *,
    program: Program,
    unit: OrgUnit,
    place: str,
    at: datetime,
    kind: str = PublicLink.Kind.LINK,
    active_from: datetime | None = None,
    active_until: datetime | None = None,
    idle_seconds: int = 90,
    by: User | None = None,
) -> PublicLink:
    """A new address for answers about `unit` in the words of `program`."""
    link = PublicLink.objects.create(
        code="".join(secrets.choice(LETTERS) for _ in range(LENGTH)), program=program, unit=unit, kind=kind,
        place=clean_line(place, limit=80), active_from=active_from, active_until=active_until,
        idle_seconds=idle_seconds, created_at=at, by=by,
    )  # fmt: skip
    told = {"program": program.pk, "unit": unit.pk, "kind": kind}
    Event.objects.record("public_link.made", subject=link, by=by, at=at, **told)
    return link


@transaction.atomic
def revoke_link(*, link: PublicLink, at: datetime, why: str = "", by: User | None = None) -> bool:
    """It takes no answers any more; what it brought stays. False if it was revoked before."""
    said = {"revoked_at": at, "revoked_by": by, "revoked_why": clean_line(why, limit=300)}
    if not PublicLink.objects.filter(pk=link.pk, revoked_at=None).update(**said):
        return False
    Event.objects.record("public_link.revoked", subject=link, by=by, at=at)
    return True
