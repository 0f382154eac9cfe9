"""Of which Events somebody above may want to tell others: an upper app names them, the rest need no hand-over mark."""

from __future__ import annotations

from collections.abc import Iterable

_heard: set[str] = set()


def hear(names: Iterable[str]) -> None:
    """Leave the mark of Events of these names empty. Called from the upper app's AppConfig.ready."""
    _heard.update(names)


def is_heard(what: str) -> bool:
    return what in _heard
