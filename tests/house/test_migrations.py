"""Migrations of a running house: an index of a table that is in use is made beside it, never under its lock."""

from __future__ import annotations

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db.migrations import AddIndex, CreateModel, RemoveIndex
from django.db.migrations.loader import MigrationLoader

from tests.house.test_floors import FLOORS

FOUNDED = {"0001", "0002", "0003", "0004"}  # before anybody had rows
LATER = [
    migration
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items())
    if app in FLOORS and name[:4] not in FOUNDED
]


@pytest.mark.parametrize("migration", LATER, ids=str)
def test_an_index_of_a_table_in_use_is_made_concurrently(migration):
    made_here = {operation.name_lower for operation in migration.operations if isinstance(operation, CreateModel)}
    beside = (AddIndexConcurrently, RemoveIndexConcurrently)
    locking = [
        operation.describe()
        for operation in migration.operations
        if isinstance(operation, AddIndex | RemoveIndex)
        and not isinstance(operation, beside)
        and operation.model_name_lower not in made_here
    ]
    assert locking == []
    assert not migration.atomic or not any(isinstance(operation, beside) for operation in migration.operations)
