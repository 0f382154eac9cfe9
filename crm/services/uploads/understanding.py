"""What a file seems to hold: its columns, its first rows, and which field of ours each column is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.csv_files import Unreadable
from crm.models import Feed, Upload
from crm.services.loading import LoadKind, kind_named
from crm.services.loading.records import records_of, stretches_of
from crm.services.loading.sources import look_at

SHOWN = 5  # rows
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


def guess(upload: Upload, names: Sequence[str]) -> dict[str, str]:
    """{field: column or "=text"}: what was said of this very file, else of the last file of the same feed, else what
    the names say."""
    feed = Feed.objects.filter(source=upload.source, kind=upload.kind).first()
    saved = upload.columns or (feed.columns if feed else {})
    kept = {field: column for field, column in saved.items() if column in names or column.startswith("=")}
    return by_name(names, kind_named(upload.kind), kept)


def by_name(names: Sequence[str], kind: LoadKind, kept: Mapping[str, str]) -> dict[str, str]:
    """`kept`, and for columns that nothing is known of the field that has their name, or that others call so."""
    found = dict(kept)
    for name in names:
        field = None if name in found.values() else _field_of(name, kind)
        if field and field not in found:
            found[field] = name
    return found


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
