"""The link in a digest's mail: it opens that one digest to that one reader for a day, to be read and no more, without
a sign-in. Nothing of it is stored; opening it changes nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from common.models import User
from common.periods import local_day
from crm.models import Employee
from distribution.models import Digest
from distribution.models.digests import unit_address
from distribution.services.addressing import reachable
from distribution.services.reading import find_digest

LIFE = timedelta(hours=24)  # after the digest was frozen

_signer = Signer(salt="distribution.digest-link")


def link_to(digest: Digest, reader: Employee) -> str:
    """Address of the link; empty where there is none: they are switched off, or the reader has no login, whose sight
    it would go by."""
    if not settings.DIGEST_LINKS or reader.user is None:
        return ""
    token = _signer.sign_object([digest.pk, reader.pk, _mark(reader.user)])
    return reverse("signed_digest", kwargs={"unit": unit_address(digest.unit), "day": digest.day, "token": token})


def opened_by(token: str, *, unit: str, day: date, at: datetime) -> tuple[Digest, User] | None:
    """The digest and whose link it is; None for a link that is not ours, of another unit or day, older than a day, of
    somebody who left, was shut out, changed the password or no longer sees the unit."""
    try:
        digest_id, reader_id, mark = _signer.unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        return None
    reader = Employee.objects.select_related("user").filter(pk=reader_id).first() if settings.DIGEST_LINKS else None
    if reader is None or reader.user is None:
        return None
    if not constant_time_compare(mark, _mark(reader.user)):
        return None
    digest = _seen(reader.user, unit, day)
    if digest is None or digest.pk != digest_id or at >= digest.frozen_at + LIFE:
        return None
    return (digest, reader.user) if reachable(reader, local_day(at, digest.unit.zone_info)) else None


def _seen(reader: User, unit: str, day: date) -> Digest | None:
    try:
        return find_digest(principal=reader, unit=unit, day=day)
    except Http404:
        return None


def _mark(user: User) -> str:
    """Differs once the password does."""
    return user.get_session_auth_hash()[:16]
