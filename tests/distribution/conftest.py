"""A post office to hand mails to staff to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.common.post_office import PostOffice, open_post_office


@pytest.fixture
def post_office(settings: Any) -> Iterator[PostOffice]:
    with open_post_office() as office:
        settings.EMAIL_BACKEND = "common.smtp.WatchedBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        settings.EMAIL_TIMEOUT = 2
        yield office
