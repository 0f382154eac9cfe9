"""Numbers that carry their own proof: cards (Luhn, ISO/IEC 7812) and bank accounts (IBAN, ISO 13616)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ \-\u00a0]?[A-Za-z0-9])")
_PARTS = " -\u00a0"
# characters of an IBAN by country, from the registry of ISO 13616
_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
    "YE30"
)
LENGTHS = {entry[:2]: int(entry[2:]) for entry in _LENGTHS.split()}


def digits_of(text: str) -> str:
    """The ASCII digits of it, in order."""
    return "".join(character for character in text if character in "0123456789")


def luhn(digits: str) -> bool:
    """Whether the last digit proves the others. Not for the same digit throughout ("0000 0000 0000 0000")."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += _DOUBLED[int(digit)] if place % 2 else int(digit)
    return total % 10 == 0 and len(set(digits)) > 1


def mod97(account: str) -> bool:
    """Whether the check digits of an IBAN without blanks are right."""
    turned = account[4:] + account[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def bank_accounts(text: str) -> Iterator[tuple[int, int]]:
    """From and up to where each IBAN stands, in groups or in one piece, in either case."""
    for match in _START.finditer(text):
        end, account = _as_long(text, match.start(), LENGTHS.get(match.group()[:2].upper(), 0))
        if account and mod97(account):
            yield match.start(), end


def _as_long(text: str, start: int, wanted: int) -> tuple[int, str]:
    """`wanted` letters and digits from `start`, single separators passed over; nothing if they end elsewhere."""
    at, found = start, ""
    while at < len(text) and len(found) < wanted:
        character = text[at]
        if character.isascii() and character.isalnum():
            found += character
        elif character not in _PARTS or text[at - 1] in _PARTS:
            break
        at += 1
    goes_on = at < len(text) and text[at].isalnum()
    return at, "" if len(found) < wanted or goes_on or not wanted else found.upper()
