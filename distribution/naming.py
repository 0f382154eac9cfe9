"""How people are called on pages and in mails: enough to know whom one means, no more. Pure; no Django."""

from __future__ import annotations

import re
from collections.abc import Iterable

NOBODY = "A customer"
_ADDRESS = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,190}\.[^\s@<>\"',;:.]{2,}")
_NUMBER = re.compile(r"(?<![\w+])\+?\d(?:[\s().\-/]{0,2}\d){6,}(?!\w)")


def short_name(given: str, family: str) -> str:
    """Grace O.: first name and initial."""
    initial = f" {family[0]}." if given and family else ""
    return f"{given or family}{initial}" or NOBODY


def short(name: str) -> str:
    """The same from a full name."""
    given, _, family = name.partition(" ")
    return short_name(given, family.rpartition(" ")[2])


def first(name: str) -> str:
    """The first name alone; an initial never stands for one."""
    return name.partition(" ")[0] or NOBODY


def without_addresses(words: str) -> str:
    """Words fit for a mail: phone, card and account numbers and mail addresses are replaced."""
    return _NUMBER.sub("[number]", _ADDRESS.sub("[address]", words))


def without_people(words: str, names: Iterable[str]) -> str:
    """Words in which nobody of `names` stands: whole names and their parts, in any case. A nickname is not found."""
    parts = {part for name in names for part in (name, *name.split()) if len(part) > 1}
    if not parts:
        return words
    longest_first = "|".join(re.escape(part) for part in sorted(parts, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{longest_first})(?!\w)", "[a colleague]", words, flags=re.IGNORECASE)
