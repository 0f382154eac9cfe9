"""What was frozen with an invitation, item by item in words; the packet itself is for auditors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from crm.attributes import told_each
from surveys.models import Invitation
from surveys.services.phrasing import happened_at

Item = tuple[str, str]  # what it is, what was known


def packet_in_words(invitation: Invitation) -> list[Item]:
    """Who was asked about what, as it was when it was decided: the answer is attributed by that."""
    return [*_customer(invitation), *_occasion(invitation), *_place(invitation)]


def _customer(invitation: Invitation) -> Iterator[Item]:
    who = _part(invitation, "customer")
    yield "Addressed as", who.get("given_name") or "nobody: no given name was known"
    language = who.get("language") or invitation.language
    yield "Asked in", dict(settings.LANGUAGES).get(language, language)


def _occasion(invitation: Invitation) -> Iterator[Item]:
    what = _part(invitation, "interaction")
    if not what:
        yield "What happened", "nothing in particular: the customer's turn had come"
        return
    yield "What happened", what.get("kind_name") or what.get("kind") or ""
    if at := happened_at(invitation):
        yield "When", f"{at.astimezone(ZoneInfo(invitation.unit.zone)):%A %Y-%m-%d, %H:%M}, {invitation.unit.zone}"
    for label, name in (("Product", "product"), ("By", "channel")):
        if what.get(name):
            yield label, str(what[name])
    schema = invitation.interaction.kind.schema if invitation.interaction else {}
    yield from told_each(schema, what.get("attributes") or {})


def _place(invitation: Invitation) -> Iterator[Item]:
    yield "Where", _part(invitation, "unit").get("name") or ""
    yield "With whom", _part(invitation, "employee").get("name") or "nobody in particular"


def _part(invitation: Invitation, name: str) -> dict[str, Any]:
    return invitation.packet.get(name) or {}
