"""Where one looks before a version is switched on, and after: each room of the trigger adds its line."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse

from surveys.services.designing.overseeing import Line


class Link(NamedTuple):
    title: str
    route: str  # takes the id of a version
    kinds: frozenset[str] | None = None  # of programs; None: all


LINKS: tuple[Link, ...] = ()


def links_of(line: Line | None) -> list[tuple[str, str]]:
    """(title, address) for one version."""
    if line is None:
        return []
    kind = line.version.program.kind
    known = [link for link in LINKS if link.kinds is None or kind in link.kinds]
    return [(link.title, reverse(link.route, args=[line.version.pk])) for link in known]
