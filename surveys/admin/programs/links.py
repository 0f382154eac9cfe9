"""Where one looks before a version is switched on, and after: each room of the trigger adds its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.urls import reverse

from surveys.models import ProgramVersion
from surveys.services.designing.overseeing import Line
from surveys.versions.kinds import ASKING


class Link(NamedTuple):
    title: str
    address: Callable[[ProgramVersion], str]
    kinds: frozenset[str] = ASKING  # of programs


LINKS: tuple[Link, ...] = (
    Link(
        "Preview: mail and pages in every language",
        lambda version: reverse("survey-preview", args=[version.pk]),
    ),
    Link("Time machine", lambda version: reverse("admin:surveys_programversion_rehearsals", args=[version.pk])),
    Link("How many answers each unit needs", lambda version: f"{reverse('plan')}?program={version.program.code}"),
)


def links_of(line: Line | None) -> list[tuple[str, str]]:
    """(title, address) for one version."""
    if line is None:
        return []
    known = [link for link in LINKS if line.version.program.kind in link.kinds]
    return [(link.title, link.address(line.version)) for link in known]
