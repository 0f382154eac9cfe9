"""What drf-spectacular cannot see: the answers that every route may give when something is wrong."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension

ANSWERS = {
    "400": "The request cannot be read.",
    "422": "The request can be read but is wrong; `errors` says what and where.",
    "401": "No key, or one that is unknown, expired or revoked.",
    "403": "The key or the person may not do this.",
    "404": "There is no such thing, or not for you.",
    "405": "The method is not offered here.",
    "406": "Only application/json is offered.",
    "413": "The body is too large.",
    "415": "The body must be application/json.",
    "503": "Please try again after Retry-After seconds.",
}
_TEXT = {"type": "string"}
_ERROR = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "code", "field", "message"],
                "properties": {
                    "type": {
                        **_TEXT,
                        "enum": ["validation", "authentication", "permission", "not_found", "client", "server"],
                    },
                    "code": _TEXT,
                    "field": {**_TEXT, "nullable": True, "description": "Dotted path; null when about the whole."},
                    "message": _TEXT,
                },
            },
        }
    },
}
ERRORS = {"$ref": "#/components/schemas/Errors"}
METHODS = {"get", "post", "put", "patch", "delete"}


def document_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: adds the error answers to every operation."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Errors"] = _ERROR
    components["responses"] = {f"Error{status}": _response(text) for status, text in ANSWERS.items()}
    for path in result.get("paths", {}).values():
        for method, operation in path.items():
            if method in METHODS:
                for status in ANSWERS:
                    operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Error{status}"})
    return result


def _response(text: str) -> dict[str, Any]:
    content = {"application/json": {"schema": ERRORS}}
    return {"description": text, "content": content}


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
