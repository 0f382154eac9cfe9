"""Fixtures every test may use. The named cast is in tests/world.py."""

import pytest

from tests.world import World, build_world


@pytest.fixture
def world(db) -> World:
    """A small company with people one can name; see tests/world.py."""
    return build_world()
