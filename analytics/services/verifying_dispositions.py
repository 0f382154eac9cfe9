"""Is the rollup of dispositions what the rows say? Every invitation is computed anew and compared, cell by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from analytics.models import DirtyCell, InvitationFact, UnitDayDispositions
from analytics.services.filling.invitations import computed
from analytics.stats import OF_INVITATIONS
from common.snapshots import one_moment
from surveys.models import DispositionNote, Invitation

(_ROLLUP,) = OF_INVITATIONS
_KEYS = ("unit_id", "day", "program_id", "channel")
Cell = tuple[int, date, int, str]


@dataclass(frozen=True, order=True)
class WrongDisposition:
    """A figure of a cell that is another than there are invitations (or clicks)."""

    cell: Cell
    what: str
    from_rows: int
    from_rollup: int

    def __str__(self) -> str:
        unit, day, program, channel = self.cell
        said = f"{self.what}: {self.from_rows} from rows, {self.from_rollup} in the rollup"
        return f"unit {unit}, {day}, program {program}, {channel}, {said}"


@one_moment
def wrong_dispositions(*, at: datetime) -> list[WrongDisposition]:
    """Every figure that differs at `at`. Cells that the next filling will touch are left out."""
    rows, stored, waiting = _from_rows(at), _from_rollup(), set(_waiting(at))
    return sorted(
        WrongDisposition(cell, what, rows[cell, what], stored[cell, what])
        for cell, what in rows.keys() | stored.keys()
        if rows[cell, what] != stored[cell, what] and cell[:2] not in waiting
    )


def _from_rows(at: datetime) -> Counter[tuple[Cell, str]]:
    found: Counter[tuple[Cell, str]] = Counter()
    for row in computed(Invitation.objects.all(), at=at).iterator():
        _, program, unit, channel, day, _, disposition, clicks, automatic = row
        cell = (unit, day, program, channel)
        found.update({(cell, disposition): 1, (cell, "clicks"): clicks, (cell, "automatic"): automatic})
    return found


def _from_rollup() -> Counter[tuple[Cell, str]]:
    found: Counter[tuple[Cell, str]] = Counter()
    cells: Any = UnitDayDispositions.objects.values_list(*_KEYS, *_ROLLUP.columns)
    for row in cells.iterator():
        for what, number in zip(_ROLLUP.columns, row[len(_KEYS) :], strict=True):
            found[row[: len(_KEYS)], what] += number
    return found


def _waiting(at: datetime) -> Iterator[tuple[int, date]]:
    """(unit, day) of cells that the next filling counts anew."""
    noted = DispositionNote.objects.values("invitation_id")
    yield from InvitationFact.objects.filter(pk__in=noted).values_list("unit_id", "day")
    yield from InvitationFact.objects.expired(at).values_list("unit_id", "day")
    yield from DirtyCell.objects.of(OF_INVITATIONS).values_list("unit_id", "day")
    rows = computed(Invitation.objects.filter(pk__in=noted), at=at)
    yield from ((unit, day) for _, _, unit, _, day, *_ in rows)
