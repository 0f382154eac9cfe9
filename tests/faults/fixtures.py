"""What any test may ask for; tests/conftest.py makes it known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.post_office import PostOffice, open_post_office


@pytest.fixture
def post_office(settings: Any) -> Iterator[PostOffice]:
    """A real SMTP server to which the house hands its mail."""
    with open_post_office() as office:
        settings.EMAIL_BACKEND = "common.smtp.WatchedBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", office.port, 2
        yield office
