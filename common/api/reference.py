"""The API's schema as a person reads it: resources, operations, fields in words, examples as one would type them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString
from drf_spectacular.generators import SchemaGenerator

from common.api.example import Example, all_examples
from common.api.schema import METHODS, SCOPE

Schema = dict[str, Any]
DEEPEST = 2  # objects within objects that a page shows
ORDER = ["get", "post", "put", "patch", "delete"]


@cache
def schema() -> Schema:
    """The whole schema; made once, since it only changes with the code."""
    made: Schema = SchemaGenerator().get_schema(request=None, public=True)
    return made


@cache
def schema_json() -> bytes:
    return json.dumps(schema(), ensure_ascii=False, default=str).encode()


@dataclass(frozen=True)
class Field:
    name: str
    kind: str  # in words: "text, at most 120 characters"
    about: str
    required: bool = False
    inner: tuple[Field, ...] = ()  # of an object, or of each item of a list


@dataclass(frozen=True)
class Shown:
    """An example as the page shows it."""

    title: str
    text: str
    curl: str
    status: int
    answer: str


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    route: str
    summary: str
    about: str
    scope: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]
    examples: tuple[Shown, ...]


@dataclass(frozen=True)
class Resource:
    name: str  # as in the address
    operations: tuple[Operation, ...]
    row: tuple[Field, ...] = field(default=())  # what is read

    @property
    def methods(self) -> list[str]:
        return sorted({found.method for found in self.operations}, key=lambda method: ORDER.index(method.lower()))

    @property
    def title(self) -> str:
        return self.name.replace("-", " ").capitalize()


@cache
def resources() -> dict[str, Resource]:
    """{name: resource}, in the order of the routes' first words."""
    found: dict[str, list[tuple[str, str, Schema]]] = {}
    for route, path in schema()["paths"].items():
        for method in sorted(path.keys() & METHODS, key=ORDER.index):
            found.setdefault(path[method]["tags"][0], []).append((method, route, path[method]))
    return {name: _resource(name, rows) for name, rows in found.items()}


def _resource(name: str, rows: list[tuple[str, str, Schema]]) -> Resource:
    rows.sort(key=lambda row: (row[1].count("/"), row[1], ORDER.index(row[0])))
    reads = [operation for method, _, operation in rows if method == "get"]
    row = max((_fields(_item(_content(read["responses"].get("200", {})))) for read in reads), key=len, default=())
    return Resource(name, tuple(_operation(*found) for found in rows), row)


def _operation(method: str, route: str, found: Schema) -> Operation:
    examples = all_examples().get(found["operationId"], ())
    parameters = (
        Field(p["name"], _kind(p["schema"]), _about(p), p.get("required", False))
        for p in found.get("parameters", ())
        if "$ref" not in p
    )
    answers = ((status, _resolved(said)["description"]) for status, said in found["responses"].items())
    return Operation(
        name=found["operationId"], method=method.upper(), route=route, summary=found.get("summary", ""),
        about=_about(found), scope=found.get(SCOPE, ""), parameters=tuple(parameters),
        body=_fields(_item(_content(found.get("requestBody", {})))), answers=tuple(answers),
        examples=tuple(_shown(example, method.upper(), route) for example in examples),
    )  # fmt: skip


# --- fields in words -------------------------------------------------------------------------------------------------


def _content(place: Schema) -> Schema:
    found: Schema = _resolved(place).get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _resolved(shape: Schema) -> Schema:
    """What a reference stands for; what stands beside the reference is kept."""
    while "$ref" in shape:
        found: Any = schema()
        for step in shape["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        shape = {**found, **{name: value for name, value in shape.items() if name != "$ref"}}
    return shape


def _item(shape: Schema) -> Schema:
    """One row: of a page, of a list, of "one or many"."""
    shape = _resolved(shape)
    if "oneOf" in shape:
        return _item(shape["oneOf"][0])
    page = shape.get("properties", {})
    if page.keys() == {"next", "previous", "results"}:
        return _item(page["results"])
    return _item(shape["items"]) if shape.get("type") == "array" else shape


def _fields(shape: Schema, *, depth: int = 0) -> tuple[Field, ...]:
    if depth > DEEPEST:
        return ()
    shape = _resolved(shape)
    needed: list[str] = shape.get("required", [])
    return tuple(
        Field(name, _kind(said), _about(said), name in needed, _inner(said, depth))
        for name, said in shape.get("properties", {}).items()
    )


def _inner(shape: Schema, depth: int) -> tuple[Field, ...]:
    shape = _only(shape)
    if shape.get("type") == "array":
        shape = _only(shape["items"])
    return _fields(shape, depth=depth + 1)


def _about(shape: Schema) -> str:
    own: str = shape.get("description", "")
    return _coded(own.partition("* `")[0].strip())  # what spectacular writes about choices says what their kind says


def _coded(text: str) -> SafeString:
    """What stands between backticks as code, nothing else as markup."""
    return SafeString(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))


def _only(shape: Schema) -> Schema:
    """Without the wrappers: allOf and oneOf of one thing and null."""
    shape = _resolved(shape)
    for wrapper in ("allOf", "oneOf", "anyOf"):
        inner = [one for one in shape.get(wrapper, ()) if one.get("type") != "null"]
        if len(inner) == 1:
            return _only({**inner[0], **{name: value for name, value in shape.items() if name != wrapper}})
    return shape


def _kind(shape: Schema) -> str:
    """What a value may be: "text, at most 120", "one of email, sms", "list of objects", "number or null"."""
    words = list(_words(_only(shape)))
    nothing = "null" in _types(shape) or any(one.get("type") == "null" for one in _resolved(shape).get("oneOf", ()))
    if nothing and "null" not in words:
        words.append("null")
    default = shape.get("default")
    return " or ".join(words) + (f", else {json.dumps(default)}" if default not in (None, "", [], {}) else "")


def _types(shape: Schema) -> set[str]:
    said = _resolved(shape).get("type", ())
    return {said} if isinstance(said, str) else set(said)


FORMATS = {
    "date-time": "moment with offset", "date": "day", "uuid": "UUID", "uri": "address", "email": "e-mail address",
    "decimal": "decimal in quotes",
}  # fmt: skip
NAMES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


def _words(shape: Schema) -> Iterator[str]:
    if "enum" in shape:
        named = [str(value) for value in shape["enum"] if value not in ("", None)]
        yield f"one of {', '.join(named)}" if named else "empty text"
        return
    choices = shape.get("oneOf") or shape.get("anyOf")
    if choices:
        for choice in choices:
            if choice.get("type") != "null":
                yield from _words(_only(choice))
        return
    for name in sorted(_types(shape) - {"null"}) or ["any value"]:
        yield _of_type(name, shape)


def _of_type(name: str, shape: Schema) -> str:
    if name == "array":
        return f"list of {_plural(' or '.join(_words(_only(shape['items']))))}"
    if name == "object":
        return "object"
    if name == "string" and shape.get("format") in FORMATS:
        return FORMATS[shape["format"]]
    return NAMES.get(name, name) + _bounds(shape)


def _plural(kind: str) -> str:
    return {"object": "objects", "text": "texts"}.get(kind, kind)


def _bounds(shape: Schema) -> str:
    if "maxLength" in shape:
        return f", at most {shape['maxLength']:,}"
    low, high = shape.get("minimum"), shape.get("maximum")
    if low is not None and high is not None and high < 10**6:
        return f", {low} to {high}"
    return f", from {low}" if low is not None else ""


# --- examples as one would type them ---------------------------------------------------------------------------------


def _shown(example: Example, method: str, route: str) -> Shown:
    answer = "" if example.answer is None else pretty(example.answer)
    return Shown(example.title, example.text, curl(example, method, route), example.status, answer)


def curl(example: Example, method: str, route: str) -> str:
    """The call for a shell in which $KEY holds a key; where none may, $COOKIES and $TOKEN those of a session."""
    words = ["curl"] if method == "GET" else ["curl", "-X", method]
    who = '-b "$COOKIES" -H "X-CSRFToken: $TOKEN"' if example.by_person else '-H "Authorization: Bearer $KEY"'
    words += [who, shlex.quote(settings.PUBLIC_URL + example.address(route))]
    line = " ".join(words)
    if example.body is None:
        return line
    body = pretty(example.body).replace("'", "'\\''")
    return f"{line} \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"


def pretty(value: Any, indent: int = 0, room: int = 72) -> str:
    """JSON as a person would write it: what fits on a line stays on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= room or not isinstance(value, dict | list) or not value:
        return flat
    inner, pad = indent + 2, " " * (indent + 2)
    if isinstance(value, dict):
        rows = [f"{pad}{json.dumps(name)}: {pretty(one, inner, room - len(name) - 4)}" for name, one in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + pretty(one, inner, room) for one in value) + "\n" + " " * indent + "]"
