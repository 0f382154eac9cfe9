"""Rows that must leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from distribution.models import Digest, Dispatch
from tests.world import NOW, World


@pytest.fixture
def dispatch(world: World) -> Callable[..., Dispatch]:
    """Makes a row that must leave, due now."""

    def make(**fields: Any) -> Dispatch:
        day = NOW.date() - timedelta(days=Digest.objects.count())
        digest = Digest.objects.create(unit=world.harbour, day=day, content={}, frozen_at=NOW)
        fields = {"kind": "digest", "employee": world.helen, "due_at": NOW, "created_at": NOW} | fields
        return Dispatch.objects.create(digest=digest, **fields)

    return make
