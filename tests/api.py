"""Calling the API in tests as another system does: with a key."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

API = "/api/v1"


class Caller:
    """`Caller(secret).post("/units", {...})`; the body may also be raw bytes."""

    def __init__(self, secret: str | None = None) -> None:
        self.client = Client()
        self.headers = {"authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any):
        return self.client.get(API + path, query, headers=self.headers)

    def post(self, path: str, body: Any, content_type: str = "application/json"):
        return self.client.post(API + path, _bytes(body), content_type=content_type, headers=self.headers)

    def put(self, path: str, body: Any):
        return self.client.put(API + path, _bytes(body), content_type="application/json", headers=self.headers)


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def errors(response) -> list[tuple[str, str | None]]:
    """[(code, field), ...] of an error answer, which must have the one shape."""
    found = response.json()["errors"]
    assert all(set(error) == {"type", "code", "field", "message"} and error["message"] for error in found)
    return [(error["code"], error["field"]) for error in found]
