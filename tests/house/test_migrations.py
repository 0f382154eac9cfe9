"""Migrations of a running house: an index of a table that is in use is made beside it, never under its lock."""

from __future__ import annotations

import re

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection
from django.db.migrations import AddIndex, CreateModel, RemoveIndex
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from tests.house.test_floors import FLOORS

FOUNDED = {"0001", "0002", "0003", "0004"}  # before anybody had rows
LATER = [
    migration
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items())
    if app in FLOORS and (name[:4] not in FOUNDED or not migration.atomic)
]


@pytest.mark.parametrize("migration", LATER, ids=str)
def test_an_index_of_a_table_in_use_is_made_concurrently(migration):
    made_here = created_in(migration)
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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_an_index_comes_and_goes_beside_the_running_house_in_both_directions(backwards):
    loader, locking = MigrationExecutor(connection).loader, []
    for migration in LATER:
        made_here = [f'"{migration.app_label}_{model}' for model in created_in(migration)]
        for line in loader.collect_sql([(migration, backwards)]):
            on_an_index = re.match("(CREATE|DROP)( UNIQUE)? INDEX (?!CONCURRENTLY)", line)
            if on_an_index and not any(table in line for table in made_here):
                locking.append(f"{migration}: {line}")
    assert locking == []


def created_in(migration) -> set[str]:
    return {operation.name_lower for operation in migration.operations if isinstance(operation, CreateModel)}
