"""How a column is written where it is not written our way: the form of its dates, and what parts its lists.

A mapping says of a field its column, `"=text"` for all rows, or `{"column": "Received date", "format": "M/D/YYYY"}` and
`{"column": "Reasons", "separator": "|"}`. What cannot be read so stays as it is written, and its shape refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from common.api.serializers import Instant
from common.csv_files import Unreadable
from crm.models import Source
from crm.services.loading.kinds import LoadKind

Said = str | Mapping[str, str]
Cell = str | list[str]
Reader = Callable[[str], Cell]

FORMS = "M/D/YYYY, DD.MM.YYYY HH:mm, YYYYMMDD or D MMM YYYY h:mm AM"
NOON = 12
_PARTS = {
    "YYYY": "%Y", "MMM": "%b", "MM": "%m", "M": "%m", "DD": "%d", "D": "%d", "HH": "%H", "H": "%H", "hh": "%I",
    "h": "%I", "mm": "%M", "ss": "%S", "AM": "%p",
}  # fmt: skip
_PART = re.compile("|".join([*_PARTS, r"[ /.,:T-]"]))
_KNOWN = {"column", "format", "separator"}


@dataclass(frozen=True)
class Reading:
    """What a mapping says of one field. `column`: as the file names it, or "=text"."""

    column: str
    format: str = ""
    separator: str = ""


def reading_of(said: Said) -> Reading:
    """Raises Unreadable if it is none."""
    if isinstance(said, str):
        return Reading(said)
    if not isinstance(said, Mapping) or set(said) - _KNOWN or not all(isinstance(text, str) for text in said.values()):
        raise Unreadable('A field is mapped to a column, or to {"column": ..., "format": ..., "separator": ...}.')
    if not said.get("column"):
        raise Unreadable(f"Say which column it is, beside {', '.join(map(repr, said.values()))}.")
    return Reading(**said)


def said_of(reading: Reading) -> str | dict[str, str]:
    """As it is kept: short where there is nothing more to say."""
    more = {name: text for name in ("format", "separator") if (text := getattr(reading, name))}
    return {"column": reading.column, **more} if more else reading.column


def reader_of(field: str, reading: Reading, *, kind: LoadKind, zone: tzinfo) -> Reader | None:
    """What makes of a cell what the shape of `field` takes; None if it takes the cell as it is."""
    if reading.format:
        return _dates(reading.format, moment=is_moment(field, kind), zone=zone)
    if reading.separator:
        return _lists(reading.separator, whole=field.startswith("attributes."))
    return None


def is_moment(field: str, kind: LoadKind) -> bool | None:
    """Whether a field holds a moment and not a day; None: whichever is written."""
    shape = kind.rows.shape().fields.get(field)
    return isinstance(shape, Instant) or field.endswith("_at") if "." not in field else None


def clock_of(source: str) -> ZoneInfo:
    """On which the dates of a source are written."""
    return ZoneInfo(Source.objects.filter(code=source).values_list("zone", flat=True).first() or "UTC")


def pattern_of(form: str) -> str:
    """The form of a date, for `strptime`. Raises Unreadable unless it has a year, a month and a day."""
    parts, end = [], 0
    for part in _PART.finditer(form):
        if part.start() != end:
            break
        parts.append(_PARTS.get(part[0], part[0]))
        end = part.end()
    marks = [part for part in parts if part.startswith("%")]
    whole = {"%Y", "%d"} <= set(marks) and bool({"%m", "%b"} & set(marks))
    if end != len(form) or not whole or len(set(marks)) < len(marks):
        raise Unreadable(f"{form!r} is no form of a date. Write it such as {FORMS}.")
    return "".join(parts)


def _dates(form: str, *, moment: bool | None, zone: tzinfo) -> Reader:
    """A day alone is noon where a moment is wanted: the same day wherever it is read."""
    pattern = pattern_of(form)
    timed = "%H" in pattern or "%I" in pattern
    as_moment = timed if moment is None else moment

    def read(cell: str) -> str:
        try:
            found = datetime.strptime(cell.strip(), pattern).replace(tzinfo=zone)
        except ValueError:
            return cell
        if not as_moment:
            return found.date().isoformat()
        return (found if timed else found.replace(hour=NOON)).isoformat()

    return read


def _lists(separator: str, *, whole: bool) -> Reader:
    """A list where one is taken, else parted as our own lists are."""

    def read(cell: str) -> Cell:
        parts = list(dict.fromkeys(part.strip() for part in cell.split(separator) if part.strip()))
        return parts if whole else "; ".join(parts)

    return read
