"""JSON as strangers may send it: bounded, UTF-8, no duplicate keys, no numbers that JSON does not know."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import IO, Any, Self

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from common.api.errors import TooLarge
from common.text import SURROGATES

MAX_DEPTH = 32
MAX_KEYS = 200  # in one object; RELIABILITY R-37
MAX_DIGITS = 18  # of an integer: fits 64 bits
# a whole string (or an unfinished one, to the end: keeps the scan linear), or a bracket
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a letter, if not of a pair: only an escape can bring one


class StrictJSONParser(BaseParser):
    """Refuses with 400 what json.loads would let through or die of, with 413 what is too large."""

    media_type = "application/json"
    renderer_class = JSONRenderer
    max_bytes: int | None = None  # None: DATA_UPLOAD_MAX_MEMORY_SIZE

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        return loads(self._read(stream))

    def _read(self, stream: IO[Any]) -> bytes:
        limit = self.max_bytes or settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 2_621_440
        body: bytes = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"The body is larger than {limit:,} bytes. Please send it in several parts.")
        return body


def loads(body: bytes) -> Any:
    """The value of a JSON document. Raises ParseError with a message a person understands."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not valid UTF-8 (byte {error.start}).", code="not_utf8") from error
    _check_depth(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_decimal, parse_int=_integer
        )
        return _in_whole_letters(value) if _HALF.search(text) else value
    except (ValueError, RecursionError) as error:
        raise ParseError(f"The body is not valid JSON: {error}.", code="not_json") from error


def _in_whole_letters(value: Any) -> Any:
    """Without lone surrogates, which no column can hold and no answer can repeat, not even in what it says is wrong."""
    if isinstance(value, str):
        return SURROGATES.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_in_whole_letters(each) for each in value]
    if isinstance(value, dict):
        return _object([(_in_whole_letters(name), _in_whole_letters(each)) for name, each in value.items()])
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        match text[token.start()]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
        if depth > MAX_DEPTH:
            raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.", code="too_deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(pairs) > MAX_KEYS:
        raise ParseError(f"An object has more than {MAX_KEYS} keys.", code="too_many_keys")
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The key {json.dumps(twice)} is given twice in one object.", code="duplicate_key")
    return found


def _constant(name: str) -> None:
    raise ParseError(f"{name} is not a JSON number.", code="not_json")


class Inexact(float):
    """A number of which a float holds less than was written. It is the float to whoever measures with it; its text is
    what was written, so that whoever wants it exact (money) takes all of it or refuses it, and never a cent less."""

    def __new__(cls, digits: str) -> Self:
        number = super().__new__(cls, digits)
        number.written = digits
        return number

    written: str

    def __repr__(self) -> str:
        return self.written


def _decimal(digits: str) -> float:
    value = float(digits)
    try:
        if math.isfinite(value):
            return value if Decimal(repr(value)) == Decimal(digits) else Inexact(digits)
    except InvalidOperation:  # an exponent of nineteen figures
        pass
    raise ParseError(f"The number {digits[:20]} is out of range.", code="out_of_range")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise ParseError(f"The number {digits[:20]}… is out of range.", code="out_of_range")
    return int(digits)
