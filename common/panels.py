"""How a page of a lower app shows what an upper app knows: the upper one registers a panel, the lower renders it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest


class Panel(NamedTuple):
    title: str
    template: str
    context: Callable[[HttpRequest, Any], dict[str, Any]]  # (request, the page's object) -> template context
    function: str = ""  # for whom it is: what an empty panel would say to others would not be true
    place: int = 50  # the smaller, the higher; those of one place as they were registered


_panels: dict[str, list[Panel]] = {}


def register(page: str, panel: Panel) -> None:
    """Show `panel` on `page` ("customer", "interaction", "unit"). Called from the upper app's AppConfig.ready."""
    if panel not in _panels.setdefault(page, []):
        _panels[page].append(panel)


def panels_for(page: str, request: HttpRequest, subject: Any) -> list[dict[str, Any]]:
    """What to render: [{"title", "template", "context"}], by place."""
    return [
        {"title": p.title, "template": p.template, "context": p.context(request, subject)}
        for p in sorted(_panels.get(page, []), key=lambda panel: panel.place)
        if not p.function or request.user.has_perm(p.function)
    ]
