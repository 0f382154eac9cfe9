"""National numbers of persons: those whose shape or check character tells them from any other number.

Nine plain digits (the Dutch BSN, a US number without its dashes) are not among them: one in ten or eleven of all
numbers of that length would pass their check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from surveys.words.numbers import digits_of, luhn

_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_ITALIAN_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def _always(_found: str) -> bool:
    return True


def _french(found: str) -> bool:
    """The NIR: the last two digits are 97 less the rest modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    compact = found.replace(" ", "").upper().replace("2A", "19").replace("2B", "18")
    return 97 - int(compact[:13]) % 97 == int(compact[13:])


def _spanish(found: str) -> bool:
    """DNI and NIE: the letter is the number modulo 23; X, Y, Z stand for 0, 1, 2."""
    compact = found.upper().replace("-", "").replace(" ", "")
    number = compact[:-1].translate(str.maketrans("XYZ", "012"))
    return _SPANISH[int(number) % 23] == compact[-1]


def _italian(found: str) -> bool:
    """Codice fiscale: characters at odd places by a table, at even ones by their order; the sum modulo 26."""
    compact = found.upper()
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in compact[1:15:2])
    return chr((sum(_ITALIAN_ODD[c] for c in compact[0:15:2]) + even) % 26 + 65) == compact[15]


def _swedish(found: str) -> bool:
    return luhn(digits_of(found)[-10:])


def _finnish(found: str) -> bool:
    return _FINNISH[int(found[:6] + found[7:10]) % 31] == found[10].upper()


_KINDS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (re.compile(r"(?<![\d-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\d-])"), _always),  # US
    (re.compile(r"(?<!\w)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?!\w)"), _always),
    (re.compile(r"(?<!\w)[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[ABab]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}(?!\w)"), _french),
    (re.compile(r"(?<!\w)(?:[0-9]{8}|[XYZxyz]-?[0-9]{7})[- ]?[A-Za-z](?!\w)"), _spanish),
    (re.compile(r"(?<!\w)[A-Za-z]{6}[0-9]{2}[A-Za-z][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z](?!\w)"), _italian),
    (re.compile(r"(?<!\w)(?:[0-9]{2})?[0-9]{6}[-+][0-9]{4}(?!\w)"), _swedish),
    (re.compile(r"(?<!\w)[0-9]{6}[-+A][0-9]{3}[0-9A-Ya-y](?!\w)"), _finnish),
)


def national_numbers(text: str) -> Iterator[tuple[int, int]]:
    """From and up to where each stands."""
    for shape, proves in _KINDS:
        for match in shape.finditer(text):
            if proves(match.group()):
                yield match.span()
