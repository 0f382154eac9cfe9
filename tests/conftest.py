"""Fixtures every test may use. The named cast is in tests/world.py."""

import gc
import os
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from tests.browser import chromium
from tests.database import django_db_setup
from tests.faults.fixtures import post_office
from tests.quickening import (
    quick_contexts,
    quick_emptying,
    quick_migrations,
    quick_passwords,
    quick_static_files,
)
from tests.standing import may_stand, needs_database, standing
from tests.walk import Walk, walk
from tests.world import World, build_world

# Who waits for a lock this long waits for ever: a test that fails says more than one that hangs.
os.environ.setdefault("PGOPTIONS", "-c lock_timeout=60s")

__all__ = [
    "chromium", "django_db_setup", "post_office", "quick_contexts", "quick_emptying", "quick_migrations",
    "quick_passwords", "quick_static_files", "walked", "world",
]  # fmt: skip


LONGEST = "/tests/e2e/test_hostile_pages.py"
LONG = ("/tests/house/", "/tests/e2e/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file, whose worker makes the database if it must; what the other one can do without it meanwhile; the
    long files: whoever gets one last would leave the other idle."""
    needed = {item.path for item in items if needs_database(item)}
    items.sort(key=lambda item: (LONGEST not in f"/{item.nodeid}", item.path in needed, not _is_long(item)))


def _is_long(item: pytest.Item) -> bool:
    return any(part in f"/{item.nodeid}" for part in LONG)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for garbage anew in each test would find none."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Pages of a test end with it, before its rows do: hundreds left open would go on living beside the others."""
    browser = getattr(item, "funcargs", {}).get("chromium")
    for context in browser.contexts if browser else ():
        context.close()


@pytest.fixture(scope="module")
def standing_world(request, django_db_setup: None, django_db_blocker: Any) -> Iterator[bytes]:
    """The cast, made once for a file whose every test begins with it; none where one begins without it, or commits."""
    yield from _stands(request.node, "world", build_world, django_db_blocker)


@pytest.fixture(scope="module")
def standing_walk(request, django_db_setup: None, django_db_blocker: Any) -> Iterator[bytes]:
    """The same of the cast with one answer all the way through the house."""
    yield from _stands(request.node, "walked", _walk, django_db_blocker)


def _stands(module: pytest.Module, fixture: str, build: Callable[[], object], blocker: Any) -> Iterator[bytes]:
    """Pickled: each test unpacks one of its own in a tenth of the time that a deep copy takes."""
    if not may_stand(module, fixture):
        yield b""
        return
    with standing(blocker):
        made = pickle.dumps(build())
        connection.check_constraints()  # else each test would check all of it anew
        with blocker.block():
            yield made


def _walk() -> tuple[World, Walk]:
    world = build_world()
    return world, walk(world)


@pytest.fixture
def world(standing_world: bytes, db) -> World:
    """A small company with people one can name, the test's own to change; see tests/world.py."""
    return pickle.loads(standing_world) if standing_world else build_world()


@pytest.fixture
def walked(standing_walk: bytes, db) -> tuple[World, Walk]:
    """The company after one answer all the way through the house, the test's own to change; see tests/walk.py."""
    return pickle.loads(standing_walk) if standing_walk else _walk()
