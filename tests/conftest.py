"""Fixtures every test may use. The named cast is in tests/world.py."""

import os

import pytest

from tests.browser import chromium
from tests.faults.fixtures import post_office
from tests.quickening import quick_emptying, quick_passwords, quick_static_files
from tests.world import World, build_world

# Who waits for a lock this long waits for ever: a test that fails says more than one that hangs.
os.environ.setdefault("PGOPTIONS", "-c lock_timeout=60s")

__all__ = ["chromium", "post_office", "quick_emptying", "quick_passwords", "quick_static_files", "world"]


LONG = ("/tests/house/", "/tests/e2e/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files begin: whoever of the workers gets one last would leave the other idle."""
    items.sort(key=lambda item: not any(part in f"/{item.nodeid}" for part in LONG))


@pytest.fixture
def world(db) -> World:
    """A small company with people one can name; see tests/world.py."""
    return build_world()
