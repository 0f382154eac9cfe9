"""Addresses of which a look says that they are fine: what most of millions are.

`normalize` (crm.addresses) is the judge and takes 20 microseconds; what is a yes here must be one there, with the
address itself (an e-mail address in lower case) as the normal form. No here means nothing. A test holds both together.
"""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata

_EMAIL = re.compile(
    r"[a-z0-9_+-]{1,60}(?:\.[a-z0-9_+-]{1,60}){0,2}@(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,3}[a-z]{2,20}"
)
_KINDS = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail", "fixed_line",
    "mobile",
)  # fmt: skip


def is_plain(channel: str, address: str) -> bool:
    """Is `address` surely one, and its normal form itself (an e-mail address: in lower case)?"""
    if channel == "email":
        return address.isascii() and _EMAIL.fullmatch(address.lower()) is not None
    if not (8 <= len(address) <= 16 and address[0] == "+" and address.isascii()):
        return False
    found = _country(address[1:4])
    return found is not None and found[1].fullmatch(address, found[0]) is not None


@cache
def _country(digits: str) -> tuple[int, re.Pattern[str]] | None:
    """Where the national number begins, and what it may be, by the first three digits of the number."""
    for length in (1, 2, 3):
        code = digits[:length]
        if code.isdigit() and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            pattern = _national(int(code))
            return None if pattern is None else (1 + length, pattern)
    return None


@cache
def _national(code: int) -> re.Pattern[str] | None:
    """National numbers that the first region of a country code has, and that are not read in any other way."""
    metadata = PhoneMetadata.metadata_for_region(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0], None)
    if metadata is None or metadata.leading_digits is not None:
        return None
    kinds = [_matching(getattr(metadata, name)) for name in _KINDS]
    prefix = metadata.national_prefix_for_parsing
    not_prefixed = f"(?!(?:{prefix}))" if prefix else ""
    some = "|".join(kind for kind in kinds if kind)
    general = _matching(metadata.general_desc)
    return re.compile(f"(?!0){not_prefixed}(?=(?:{general})$)(?:{some})", re.ASCII) if some and general else None


def _matching(kind: phonenumbers.PhoneNumberDesc | None) -> str:
    if kind is None or not kind.national_number_pattern:
        return ""
    lengths = "|".join(f"[0-9]{{{length}}}$" for length in kind.possible_length)
    return f"(?={lengths})(?:{kind.national_number_pattern})" if lengths else f"(?:{kind.national_number_pattern})"
