"""Files of cases that another system has closed."""

from __future__ import annotations

from collections.abc import Collection

from closedloop.services.importing import CASES
from crm.attributes import strings_of
from crm.services.loading import LoadKind, register
from crm.services.loading.kinds import Item

LISTS = ("reasons", "done")


def arrange_cases(items: list[Item], _columns: Collection[str]) -> None:
    """Lists out of their cells."""
    for item in items:
        item |= {name: strings_of(item[name]) for name in LISTS if name in item}


register(LoadKind(CASES, "cases that another system has closed", arrange=arrange_cases))
