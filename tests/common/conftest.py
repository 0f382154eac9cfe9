"""A post office to hand mail to, and rows that must leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from distribution.models import Digest, Dispatch
from tests.common.post_office import PostOffice, open_post_office
from tests.world import NOW, World


@pytest.fixture
def post_office(settings: Any) -> Iterator[PostOffice]:
    with open_post_office() as office:
        settings.EMAIL_BACKEND = "common.smtp.WatchedBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        settings.EMAIL_TIMEOUT = 2
        yield office


@pytest.fixture
def dispatch(world: World) -> Callable[..., Dispatch]:
    """Makes a row that must leave, due now."""

    def make(**fields: Any) -> Dispatch:
        day = NOW.date() - timedelta(days=Digest.objects.count())
        digest = Digest.objects.create(unit=world.harbour, day=day, content={}, frozen_at=NOW)
        fields = {"kind": "digest", "employee": world.helen, "due_at": NOW, "created_at": NOW} | fields
        return Dispatch.objects.create(digest=digest, **fields)

    return make
