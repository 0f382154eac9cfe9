"""What a customer reads about one invitation: in which language, and the words with names and day filled in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format

from surveys.models import Invitation, ProgramVersion
from surveys.wording import asks_in, fill, phrase


def language_of(invitation: Invitation, *, wished: str = "") -> str:
    """The language to speak: the one wished for, the invitation's, the program's default, the installation's.

    Only languages are spoken in which the version asks; a region falls back on its language (fr-CA takes fr).
    """
    version = invitation.version
    return spoken_language(wished, invitation.language, version.default_language, offered=languages_of(version))


def languages_of(version: ProgramVersion) -> dict[str, str]:
    """{code: name} of those of `settings.LANGUAGES` in which the version has its question, its default one included: a
    page in one language with its question in another serves nobody."""
    default = spoken_language(version.default_language)
    said = {"wording": version.wording, "default_language": version.default_language}
    return {code: name for code, name in settings.LANGUAGES if code == default or asks_in(code, **said)}


def spoken_language(*wishes: str, offered: Collection[str] | None = None) -> str:
    """The first of `wishes` that is `offered` (empty: all that are spoken here), else the installation's language."""
    offered = dict(settings.LANGUAGES) if offered is None else offered
    for code in wishes:
        for candidate in (code, code.split("-", maxsplit=1)[0]):
            if candidate in offered:
                return candidate
    return settings.LANGUAGE_CODE


def direction_of(language: str) -> str:
    """rtl or ltr, as HTML's `dir` wants it."""
    return "rtl" if translation.get_language_info(language)["bidi"] else "ltr"


def say(key: str, *, invitation: Invitation, language: str) -> str:
    """A text of the survey with its slots filled; the caller has activated `language` for the name of the day."""
    version = invitation.version
    text = phrase(key, language=language, wording=version.wording, default_language=version.default_language)
    return fill(text, slots(invitation))


def slots(invitation: Invitation) -> dict[str, str]:
    """What texts may mention, frozen in the packet: company, given_name, day, unit, employee, product."""
    packet = invitation.packet
    return {
        "company": settings.COMPANY,
        "given_name": _name(packet, "customer", "given_name"),
        "day": day_of(invitation),
        "unit": _name(packet, "unit", "name"),
        "employee": _name(packet, "employee", "name"),
        "product": _name(packet, "interaction", "product"),
    }


def day_of(invitation: Invitation) -> str:
    """The day of the occasion as its branch's clock had it: "Monday 23 November"; empty without an occasion."""
    at = happened_at(invitation)
    return date_format(at.astimezone(ZoneInfo(invitation.unit.zone)), "l j F") if at else ""


def happened_at(invitation: Invitation) -> datetime | None:
    """When the occasion was; None without one."""
    return parse_datetime(_name(invitation.packet, "interaction", "occurred_at"))


def _name(packet: dict[str, dict[str, str | None] | None], part: str, key: str) -> str:
    return (packet.get(part) or {}).get(key) or ""
