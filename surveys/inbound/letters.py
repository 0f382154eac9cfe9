"""A mail as it arrived, opened without trust: whatever is in it, nothing here raises."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parseaddr
from typing import Any

# who the mail was delivered to, the envelope's word first
_DELIVERED = ("X-Original-To", "Delivered-To", "X-Envelope-To", "Envelope-To", "X-Forwarded-To", "To", "Cc")
_RETURNED = {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
_MOST_HEADERS = 40  # of one name, and of addresses in one: more is an attack, not a mail
_LONGEST_HEADER = 4_000  # characters of one that addresses are looked for in
_DEEPEST = 50  # parts within parts: no mail program comes near
MOST_PARTS = 1_000  # of a mail, blocks of its reports included: a report on one mail has a handful
_DROPPED = re.compile(r"(?i)<(/?)(style|script|head|blockquote)\b[^<>]{0,2000}>")
_BREAKS = re.compile(r"(?i)<(br|/p|/div|/li|/tr|/h\d)\b[^<>]{0,2000}>")
_TAGS = re.compile(r"<[^>]{0,2000}>")

Mail = Message


def opened(raw: bytes) -> Mail:
    """The mail in `raw`, which may have been cut off. Of parts within parts and of numbers of parts beyond all measure
    nothing but the headers is read: parser and readers go down by recursion and on from part to part (a report of empty
    lines has one for each), and one such mail would keep all others from being heard."""
    try:
        mail = message_from_bytes(raw, _counted())
    except (RecursionError, _TooManyParts):
        return _headers_of(raw)
    return mail if _is_shallow(mail) else _headers_of(raw)


def _headers_of(raw: bytes) -> Mail:
    mail = BytesHeaderParser().parsebytes(raw)
    mail.set_payload("")
    return mail


class _TooManyParts(Exception):
    pass


def _counted() -> Callable[..., Mail]:
    """Makes the parts of one mail, up to a number."""
    left = iter(range(MOST_PARTS))

    def part(*args: Any, **settings: Any) -> Mail:
        if next(left, None) is None:
            raise _TooManyParts
        return Message(*args, **settings)

    return part


def _is_shallow(mail: Mail) -> bool:
    level = [mail]
    for _ in range(_DEEPEST):
        level = [part for each in level for part in inner_parts(each)]
    return not level


def inner_parts(mail: Mail) -> list[Mail]:
    """What the parser has made parts of; empty for a part that holds words. (`get_payload` alone would decode these, by
    whatever charset the mail names.)"""
    inner = mail.get_payload() if mail.is_multipart() else []
    return [part for part in inner if isinstance(part, Mail)] if isinstance(inner, list) else []


def header(mail: Mail, name: str) -> str:
    """The first header of this name as people read it, on one line; empty if there is none."""
    value = mail.get(name)
    if value is None:
        return ""
    text = str(value)
    with suppress(ValueError, LookupError, UnicodeError):
        text = str(make_header(decode_header(text)))
    return " ".join(text.split())


def sender(mail: Mail) -> str:
    """The address in From, in lower case; empty if there is none."""
    try:
        return parseaddr(header(mail, "From")[:_LONGEST_HEADER])[1].lower()
    except RecursionError:  # comments within comments
        return ""


def recipients(mail: Mail) -> list[str]:
    """Every address that the mail says it was delivered to, in lower case."""
    found = (address for name in _DELIVERED for address in addresses(mail, name))
    return list(dict.fromkeys(found))


def addresses(mail: Mail, name: str) -> list[str]:
    lines = [str(line)[:_LONGEST_HEADER] for line in (mail.get_all(name) or [])[:_MOST_HEADERS]]
    try:
        found = getaddresses(lines)[:_MOST_HEADERS]
    except RecursionError:  # comments within comments
        return []
    return [address.lower() for _, address in found if "@" in address]


def parts(mail: Mail, content_type: str) -> Iterator[Mail]:
    """Parts of one type, those of a mail within the mail included."""
    return (part for part in mail.walk() if part.get_content_type() == content_type)


def returned_headers(mail: Mail) -> Mail | None:
    """The headers of the mail that this one is about, if it brings them along."""
    for part in mail.walk():
        if part is mail or part.get_content_type() not in _RETURNED:
            continue
        inner = inner_parts(part)
        return inner[0] if inner else opened(_bytes_of(part))
    return None


def text_of(mail: Mail) -> str:
    """What the mail says, as plain text: its text part, else its HTML without the tags."""
    for content_type in ("text/plain", "text/html"):
        for part in _own_parts(mail):
            if part.get_content_type() == content_type and part.get_content_disposition() != "attachment":
                text = _decoded(part)
                return _without_tags(text) if content_type == "text/html" else text
    return ""


def _own_parts(mail: Mail) -> Iterator[Mail]:
    """The mail and its parts, but not those of a mail that is attached."""
    yield mail
    if mail.get_content_maintype() == "multipart":
        for part in inner_parts(mail):
            yield from _own_parts(part)


def _bytes_of(part: Mail) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: Mail) -> str:
    raw = _bytes_of(part)
    try:
        return raw.decode(str(part.get_content_charset() or "utf-8"), "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or that is none of words
        return raw.decode("utf-8", "replace")


def _without_tags(text: str) -> str:
    return html.unescape(_TAGS.sub("", _BREAKS.sub("\n", _without_dropped(text))))


def _without_dropped(text: str) -> str:
    """Without what stands between such tags, others of the same name in it included; what is never closed stays."""
    kept, upto, since, name, depth = [], 0, 0, "", 0
    for tag in _DROPPED.finditer(text):
        closes, found = bool(tag[1]), tag[2].lower()
        if depth and found == name:
            depth += -1 if closes else 1
            upto = upto if depth else tag.end()
        elif not depth and not closes:
            kept.append(text[upto : tag.start()])
            since, name, depth = tag.start(), found, 1
    return "".join([*kept, text[since if depth else upto :]])
