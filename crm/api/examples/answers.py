"""What every resource answers alike."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]


def became(external_id: str | None, status: str, *errors: JSON) -> JSON:
    """What became of one item."""
    return {"external_id": external_id, "status": status, "errors": list(errors)}


def wrong(field: str | None, code: str, message: str, kind: str = "validation") -> JSON:
    return {"type": kind, "code": code, "field": field, "message": message}


def refused(field: str | None, code: str, message: str) -> JSON:
    """The body of a refusal."""
    return {"errors": [wrong(field, code, message)]}


def page(*rows: JSON, more: str | None = None) -> JSON:
    """A page of a list; `more`: the address of the next."""
    return {"next": more, "previous": None, "results": list(rows)}


def ref(external_id: str, source: str = "crm") -> JSON:
    return {"source": source, "external_id": external_id}
