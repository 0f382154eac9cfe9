"""What drf-spectacular cannot see: the answers that every route may give when something is wrong, and the header that
makes sending twice safe. What is said here of every operation, tests/house/test_schema.py holds against the product."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema

from common.api.idempotency import HEADER, PATTERN

TEXT = {"type": "string"}
FIELD = {"type": ["string", "null"], "description": "Dotted path, such as contact_points.0.address; null: the whole."}
TYPES = ["validation", "authentication", "permission", "not_found", "client", "server"]
_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["type", "code", "field", "message"],
    "properties": {"type": {**TEXT, "enum": TYPES}, "code": TEXT, "field": FIELD, "message": TEXT},
}
_ERRORS = {
    "type": "object",
    "description": "What is wrong: one entry for each thing, the same shape whatever the status.",
    "required": ["errors"],
    "properties": {"errors": {"type": "array", "items": _ERROR}},
}
ERRORS = {"$ref": "#/components/schemas/Errors"}
READS = {"get"}
SENDS = {"post", "put", "patch"}
SCOPE = "x-scope"  # what a key needs
METHODS = {*READS, *SENDS, "delete"}

# status: (when, an example as type, code, field, message)
ANSWERS: dict[str, tuple[str, tuple[str, str, str | None, str]]] = {
    "400": (
        "The request cannot be read.",
        ("client", "not_json", None, "The body is not valid JSON: Expecting value: line 1 column 1 (char 0)."),
    ),
    "401": (
        "No key, or one that is unknown, expired or revoked.",
        ("authentication", "invalid_key", None, "This key is not valid. Ask whoever issued it for another."),
    ),
    "403": (
        "The key or the person may not do this.",
        ("permission", "permission_denied", None,
         "This is not open to you: the key lacks the scope, or your role does not include this."),
    ),
    "404": ("There is no such thing, or not for you.", ("not_found", "not_found", None, "Not found.")),
    "405": ("The method is not offered here.",
            ("client", "method_not_allowed", None, 'Method "DELETE" not allowed.')),
    "406": ("Only application/json is offered.",
            ("client", "not_acceptable", None, "Could not satisfy the request Accept header.")),
    "409": (
        "The first request with this Idempotency-Key is still being worked on.",
        ("client", "in_progress", None, "The first request with this Idempotency-Key is still being worked on."),
    ),
    "413": ("The body is too large.",
            ("client", "too_large", None, "The body is larger than 5,242,880 bytes. Please send it in several parts.")),
    "415": ("The body must be application/json.",
            ("client", "unsupported_media_type", None, 'Unsupported media type "text/csv" in request.')),
    "422": (
        "The request can be read but is wrong; `errors` says what and where. Nothing was stored.",
        ("validation", "unknown", "colour", "Unknown parameter."),
    ),
    "429": ("Too many requests. Please try again after Retry-After seconds.",
            ("client", "too_many_requests", None, "Too many requests. Try again in 3 seconds.")),
    "503": ("Please try again after Retry-After seconds.",
            ("server", "unavailable", None, "The database cannot be reached. Please try again shortly.")),
}  # fmt: skip
DONE = {"200": "As asked.", "201": "New: it has been stored."}
ONLY_SENT = {"409", "413", "415"}  # what only a request with a body can meet
WAIT = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}


def document_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: adds the error answers to every operation where they can happen."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Errors"] = _ERRORS
    components["responses"] = {f"Error{status}": _answer(status) for status in ANSWERS}
    for path in result.get("paths", {}).values():
        for method, operation in path.items():
            if method in METHODS:
                for status in ANSWERS if method in SENDS else ANSWERS.keys() - ONLY_SENT:
                    operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Error{status}"})
                operation["responses"] = dict(sorted(operation["responses"].items()))
                for status, text in DONE.items():
                    if status in operation["responses"]:
                        operation["responses"][status]["description"] = text
    return result


def _answer(status: str) -> dict[str, Any]:
    text, words = ANSWERS[status]
    error = dict(zip(("type", "code", "field", "message"), words, strict=True))
    content = {"application/json": {"schema": ERRORS, "example": {"errors": [error]}}}
    headers = {"headers": WAIT} if status in {"409", "429", "503"} else {}
    return {"description": text, **headers, "content": content}


AGAIN = {
    "in": "header",
    "name": HEADER,
    "schema": {**TEXT, "minLength": 1, "maxLength": 255, "pattern": PATTERN},
    "description": "Of your choice, new for each request, such as a UUID. Sent again with it, the request is not done "
    "again and gets its first answer. Kept for at least 24 hours.",
    "example": "5a5d2f5c-0c6e-4f3e-9f55-1d1f3a0e7a10",
}


def document_idempotency(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: what sends may carry an Idempotency-Key."""
    result["components"].setdefault("parameters", {})["IdempotencyKey"] = AGAIN
    for path in result.get("paths", {}).values():
        for method in path.keys() & (SENDS | {"delete"}):
            path[method].setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
    return result


class Described(AutoSchema):
    """Says which scope a key needs. An operation without a summary of its own is called by its first sentence."""

    def get_summary(self) -> str | None:
        return super().get_summary() or self.get_description().split(". ")[0].split("; ")[0].rstrip(".") or None

    def get_extensions(self) -> dict[str, Any]:
        scope = getattr(self.view, "scopes", {}).get(self.method)
        return {SCOPE: scope if isinstance(scope, str) else " or ".join(scope)} if scope else {}


class StrictInput(OpenApiSerializerExtension):
    """Says of every StrictSerializer that unknown fields are refused."""

    target_class = "common.api.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )  # the documented way
        if not type(self.target).__dict__.get("__doc__"):
            schema.pop("description", None)  # its parent's: it says nothing about this shape
        return {**schema, "additionalProperties": False}
