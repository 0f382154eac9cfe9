"""Migrations of a running house: an index of a table that is in use is made beside it, never under its lock."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection
from django.db.migrations import AddField, AddIndex, CreateModel, Migration, RemoveIndex
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import ManyToManyField

from tests.house.test_floors import FLOORS

OF_THE_OFFICE = {'"closedloop_rootcause"'}  # tens of rows that only the office writes
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


@pytest.mark.django_db(transaction=True)  # concurrent operations refuse to be within one
def test_an_index_comes_and_goes_beside_the_running_house_in_both_directions():
    locking = []
    for migration, lines in statements_of_later():
        new = new_in(migration)
        for line in lines:
            on_an_index = re.match("(CREATE|DROP)( UNIQUE)? INDEX (?!CONCURRENTLY)", line)
            if on_an_index and not any(name in line for name in new | OF_THE_OFFICE):
                locking.append(f"{migration}: {line}")
    assert locking == []


def statements_of_later() -> Iterator[tuple[Migration, list[str]]]:
    """What each later migration would run, forwards and backwards: one walk from an empty database on, so that the
    state of the models is worked out once."""
    executor = MigrationExecutor(connection)
    state = ProjectState()
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True):
        if migration not in LATER:
            migration.mutate_state(state, preserve=False)
            continue
        before = state.clone()
        with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as forwards:
            state = migration.apply(state, forwards, collect_sql=True)
        with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as backwards:
            migration.unapply(before, backwards, collect_sql=True)
        yield migration, forwards.collected_sql + backwards.collected_sql


def created_in(migration: Migration) -> set[str]:
    return {operation.name_lower for operation in migration.operations if isinstance(operation, CreateModel)}


def new_in(migration: Migration) -> set[str]:
    """The beginnings of the names of its own tables, and the names of their indexes: nobody waits at an empty table."""
    made = created_in(migration)
    between = {
        f"{operation.model_name_lower}_{operation.name}"
        for operation in migration.operations
        if isinstance(operation, AddField) and isinstance(operation.field, ManyToManyField)
    }
    indexes = {
        f'"{operation.index.name}"'
        for operation in migration.operations
        if isinstance(operation, AddIndex) and operation.model_name_lower in made
    }
    return {f'"{migration.app_label}_{table}' for table in made | between} | indexes
