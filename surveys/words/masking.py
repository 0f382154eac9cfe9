"""Personal data in a customer's words, hidden for display; the words themselves are kept as they were written.

Found are: e-mail addresses; phone numbers (libphonenumber, read in the country of the unit); card numbers (Luhn);
IBANs (length by country, mod-97, ISO 7064); national numbers (`surveys.words.national`); and what the CRM knows of the
person who wrote: names, addresses and account numbers, exactly. Names of others are not looked for: free recognition of
names was measured and is not worth its errors. Time grows with the length of the text, whatever is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import phonenumbers

from surveys.words.national import national_numbers
from surveys.words.numbers import bank_accounts, digits_of, luhn

LONGEST = 10_000  # characters of a stretch; what a comment holds (common/text.py)
TRIES = 2_000  # candidates that libphonenumber may examine in a stretch: a tenth of a second at worst
LEAST = 4  # characters of an own value: shorter ones stand in ordinary words
LAST = 7  # digits of one's own number, however its beginning is written

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[^\W_](?:[\w-]{0,62})(?:\.[\w-]{1,63}){1,6}")
_RUN = re.compile(r"\+?\d(?:[\s().\-/\u00a0]{0,2}\d){4,60}")  # digits as numbers are written, in groups
_LONG_RUN = re.compile(r"\+?\d(?:[\s().\-/\u00a0]{0,2}\d){6,60}")  # as many as LAST, in any script
_DIGITS = re.compile(r"\d")
_FOREIGN = re.compile(r"(?![0-9])\d")
# first digits by length, of the networks that issue cards: Visa, Mastercard, Amex, Diners, JCB, Maestro, UnionPay
_CARDS = {
    16: re.compile("4|5[0-8]|2[2-7]|6|35"), 15: re.compile("3[47]"), 14: re.compile("3[0689]"), 13: re.compile("4"),
    19: re.compile("4|6|5[068]"), 18: re.compile("6|5[068]"), 17: re.compile("6|5[068]"),
}  # fmt: skip


class Span(NamedTuple):
    """What to hide: from, up to, and the mark that stands in its place."""

    start: int
    end: int
    mark: str


EMAIL, PHONE, CARD, ACCOUNT, NATIONAL, NAME = "[e-mail]", "[phone]", "[card]", "[account]", "[id number]", "[name]"
MARKS = (EMAIL, PHONE, CARD, ACCOUNT, NATIONAL, NAME)


@dataclass(frozen=True)
class Own:
    """What the CRM knows of who wrote. `accounts`: ids of theirs, of any shape; `country`: ISO 3166 of their unit;
    `other_names`: given and family name, where another system knows them by others."""

    given_name: str = ""
    family_name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    country: str = ""
    other_names: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        return ((self.given_name, self.family_name), *self.other_names)


NOBODY = Own()


def mask(text: str, own: Own = NOBODY) -> str:
    """`text` with marks ("[phone]") in the places of what is personal."""
    return "".join(_masked(stretch, own) for stretch in _stretches(text))


def mask_unread(text: str, own: Own = NOBODY) -> str:
    """The same of words that nothing has read yet: of which country is not known here, so every number as long as one
    of a telephone is taken for one."""
    return _LONG_RUN.sub(PHONE, mask(text, own))


def _stretches(text: str) -> Iterator[str]:
    """Cut where a line ends, else between words."""
    at = 0
    while len(text) - at > LONGEST:
        upto = at + LONGEST + 1
        cut = max(text.rfind("\n", at, upto), 0) or max(text.rfind(" ", at, upto), 0) or upto - 1
        yield text[at : max(cut, at + 1)]
        at = max(cut, at + 1)
    yield text[at:]


def _masked(text: str, own: Own) -> str:
    found = spans(text, own)
    if not found:
        return text
    parts, upto = [], 0
    for span in found:
        parts += [text[upto : span.start], span.mark]
        upto = span.end
    return "".join([*parts, text[upto:]])


def spans(text: str, own: Own = NOBODY) -> list[Span]:
    """What `mask` would hide, in order, none over another: of two that overlap the longer."""
    text = text if text.isascii() else _FOREIGN.sub(lambda digit: str(int(digit[0])), text)  # each as long as before
    found = list(_names(text, own))
    if "@" in text:
        found += [Span(*match.span(), EMAIL) for match in _EMAIL.finditer(text)]
    found += _values(text, own)
    if _DIGITS.search(text):
        found += _numbers(text, own)
    return _apart(found)


def _apart(found: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, span.start - span.end)):
        if kept and span.start < kept[-1].end:
            if span.end - span.start > kept[-1].end - kept[-1].start:
                kept[-1] = Span(kept[-1].start, span.end, span.mark)
            elif span.end > kept[-1].end:
                kept[-1] = kept[-1]._replace(end=span.end)
        else:
            kept.append(span)
    return kept


def _names(text: str, own: Own) -> Iterator[Span]:
    """The whole name in any case; its parts alone as the record writes them ("will" is a word, "Will" may be one)."""
    for given, family in own.names:
        if given and family:
            yield from _exactly(text, f"{given} {family}", NAME, re.IGNORECASE)
        for part in (given, family):
            if len(part) > 1:
                yield from _exactly(text, part, NAME)


def _values(text: str, own: Own) -> Iterator[Span]:
    for value in own.emails:
        yield from _exactly(text, value, EMAIL, re.IGNORECASE)
    for value in own.accounts:
        if len(value) >= LEAST and not value.isdigit():
            yield from _exactly(text, value, ACCOUNT, re.IGNORECASE)


def _exactly(text: str, value: str, mark: str, flags: int = 0) -> Iterator[Span]:
    if value.casefold() in text.casefold():
        for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text, flags):
            yield Span(*match.span(), mark)


def _numbers(text: str, own: Own) -> Iterator[Span]:
    for start, end in bank_accounts(text):
        yield Span(start, end, ACCOUNT)
    for start, end in national_numbers(text):
        yield Span(start, end, NATIONAL)
    runs = list(_RUN.finditer(text))
    for run in runs:
        yield from _in_run(run, own)
    if any(len(digits_of(run.group())) >= LAST for run in runs):
        yield from _phones(text, own.country)


def _in_run(run: re.Match[str], own: Own) -> Iterator[Span]:
    digits = digits_of(run.group())
    if any(len(phone) >= LAST and digits.endswith(phone[-LAST:]) for phone in map(digits_of, own.phones)):
        yield Span(*run.span(), PHONE)
    elif any(value.isdigit() and len(value) >= LEAST and value == digits for value in own.accounts):
        yield Span(*run.span(), ACCOUNT)
    else:
        yield from _cards(run)


def _cards(run: re.Match[str]) -> Iterator[Span]:
    """Card numbers (13 to 19 digits) that begin and end where a group of digits does."""
    places = [match.start() + run.start() for match in _DIGITS.finditer(run.group())]
    digits = digits_of(run.group())
    begins = [n for n, at in enumerate(places) if n == 0 or places[n - 1] != at - 1]
    ends = {n + 1 for n, at in enumerate(places) if n + 1 == len(places) or places[n + 1] != at + 1}
    upto = 0
    for begin in begins:
        for length, issued in _CARDS.items():
            end = begin + length
            if begin >= upto and end in ends and issued.match(digits, begin) and luhn(digits[begin:end]):
                yield Span(places[begin], places[end - 1] + 1, CARD)
                upto = end


def _phones(text: str, country: str) -> Iterator[Span]:
    matcher = phonenumbers.PhoneNumberMatcher(text, country or None, max_tries=TRIES)
    for match in matcher:
        yield Span(match.start, match.end, PHONE)
