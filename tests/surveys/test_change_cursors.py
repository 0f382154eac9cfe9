"""Cursors of lists in the order of change: whatever stands in one, nothing breaks."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from tests.api import Caller
from tests.world import World


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-01-01T00:00:00+00:00", 200),
        ("2026-01-01T00:00:00+18:01", 200),  # an offset that no database takes
        ("0001-01-01T00:00:00+10:00", 422),  # before the first year
        ("2026-01-01T00:00:00", 422),
        ("yesterday", 422),
    ],
)
def test_a_cursor_that_somebody_wrote_is_followed_or_refused(world: World, moment: str, status: int):
    cursor = urlsafe_b64encode(f"{moment}|5".encode()).decode().rstrip("=")
    asked = f"/responses?updated_since=2026-01-01T00:00:00Z&cursor={cursor}"
    assert Caller(world.crm_secret).get(asked).status_code == status
