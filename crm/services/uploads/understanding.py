"""What a file seems to hold: its columns, its first rows, and which field of ours each column is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from common.csv_files import Unreadable
from crm.models import Feed, Upload
from crm.services.loading import LoadKind, kind_named
from crm.services.loading.readings import Said, pattern_of, reading_of
from crm.services.loading.records import records_of, stretches_of
from crm.services.loading.sources import look_at

SHOWN = 5  # rows
DAYS = ("M/D/YYYY", "D/M/YYYY", "D.M.YYYY", "D-M-YYYY", "YYYY/M/D", "D MMM YYYY", "MMM D, YYYY")
USUAL = [day + time for day in DAYS for time in ("", " H:mm", " H:mm:ss", " h:mm AM")]
_PUNCTUATION = re.compile(r"[^0-9a-z]+")
# what other systems call it; compared without case and punctuation
OTHER_NAMES = {
    "external_id": ("id", "number", "no", "key", "reference", "ref"),
    "given_name": ("first name", "forename", "vorname", "prenom"),
    "family_name": ("last name", "surname", "nachname", "nom"),
    "email": ("e mail", "mail", "email address", "e mail address"),
    "sms": ("mobile", "mobile phone", "cell", "cell phone"),
    "phone": ("telephone", "phone number", "tel", "telefon"),
    "customer": ("customer id", "customer number", "client", "client id"),
    "unit": ("branch", "branch id", "unit id", "store", "shop"),
    "employee": ("employee id", "agent", "agent id", "served by"),
    "occurred_at": ("date", "time", "timestamp", "happened at", "occurred", "date time"),
    "as_of": ("updated at", "modified", "modified at", "last modified"),
    "channel": ("medium",),
    "product": ("product name", "product line"),
    "language": ("lang", "locale"),
    "zone": ("time zone", "timezone"),
}


@dataclass(frozen=True)
class Understood:
    """`names`: the columns; `rows`: the first few; `problem`: why it cannot be read."""

    names: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    problem: str = ""


def understand(upload: Upload) -> Understood:
    try:
        file = look_at(upload.first_lines, encoding=upload.encoding)
        stretch = next(stretches_of(file, start=file.body, line=2, size=1 << 16), None)
        rows = [tuple(record.cells) for record in (records_of(stretch, file) if stretch else ()) if not record.problem]
    except Unreadable as problem:
        return Understood(problem=str(problem))
    return Understood(file.names, tuple(rows[:SHOWN]))


def guess(upload: Upload, names: Sequence[str]) -> dict[str, Said]:
    """{field: column or "=text", or more (`readings`)}: what was said of this very file, else of the last file of the
    same feed, else what the names say."""
    feed = Feed.objects.filter(source=upload.source, kind=upload.kind).first()
    saved = upload.columns or (feed.columns if feed else {})
    kept = {field: said for field, said in saved.items() if _stands(reading_of(said).column, names)}
    return by_name(names, kind_named(upload.kind), kept)


def _stands(column: str, names: Sequence[str]) -> bool:
    return column in names or column.startswith("=")


def by_name(names: Sequence[str], kind: LoadKind, kept: Mapping[str, Said]) -> dict[str, Said]:
    """`kept`, and for columns that nothing is known of the field that has their name, or that others call so."""
    found = dict(kept)
    taken = {reading_of(said).column for said in kept.values()}
    for name in names:
        field = None if name in taken else _field_of(name, kind)
        if field and field not in found:
            found[field] = name
    return found


def forms_in(cells: Sequence[str]) -> list[str] | None:
    """The forms in which all of these cells may be dates; None if they look like none, or like ours."""
    said = [cell.strip() for cell in cells if cell.strip()]
    fit = [form for form in USUAL if said and all(_is_of(form, cell) for cell in said)]
    return fit or None


def _is_of(form: str, cell: str) -> bool:
    try:
        return bool(datetime.strptime(cell, pattern_of(form)).replace(tzinfo=UTC))
    except ValueError:
        return False


def _field_of(name: str, kind: LoadKind) -> str | None:
    plain = _plain(name)
    fields = [field for field in kind.columns() if not field.endswith(".*")]
    own = [kind.name.removesuffix("s") + " " + word for word in OTHER_NAMES["external_id"]]
    for field in fields:
        others = [*OTHER_NAMES.get(field, ()), *(own if field == "external_id" else ())]
        if plain in {_plain(said) for said in (field, *others)}:
            return field
    return None


def _plain(text: str) -> str:
    return _PUNCTUATION.sub("", text.lower())


def attribute_name(column: str) -> str:
    """A column as the name of an attribute: "Wait (min)" is wait_min."""
    return _PUNCTUATION.sub("_", column.lower()).strip("_")[:50] or "column"
