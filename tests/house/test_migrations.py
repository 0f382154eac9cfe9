"""Migrations of a running house: an index of a table that is in use is made beside it, never under its lock."""

from __future__ import annotations

import ast
import re

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db.migrations import (
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    Migration,
    RemoveField,
    RemoveIndex,
    RunSQL,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import CharField, Field, TextField

from tests.database import ROOT, SOURCES, fingerprint
from tests.house.test_floors import FLOORS

OF_THE_OFFICE = {"rootcause", "alertruleevent"}  # tens of rows that only the office writes
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


def test_no_field_brings_or_takes_an_index_of_a_table_in_use():
    """Told from the operations alone: to ask Django for the statements takes two minutes."""
    locking, state = [], ProjectState()
    for migration in whole_plan():
        made = {*created_in(migration), *OF_THE_OFFICE} if migration in LATER else None
        for operation in migration.operations:
            if made is not None and brings_an_index(operation, state, made, migration.app_label):
                locking.append(f"{migration}: {operation.describe()}")
            operation.state_forwards(migration.app_label, state)
    assert locking == []


def whole_plan() -> list[Migration]:
    """All migrations in an order in which they can run."""
    loader = MigrationLoader(None)
    nodes = [node for leaf in loader.graph.leaf_nodes() for node in loader.graph.forwards_plan(leaf)]
    return [loader.disk_migrations[node] for node in dict.fromkeys(nodes)]


def brings_an_index(operation: Operation, state: ProjectState, made: set[str], app: str) -> bool:
    """Whether it creates or drops one without saying so, forwards or backwards, on a table that is not `made` here."""
    if isinstance(operation, RunSQL):
        said = f"{operation.sql} {operation.reverse_sql}"
        named = re.findall(r"(?i)(?:CREATE|DROP)(?: UNIQUE)? INDEX (?!CONCURRENTLY)\w+(?: ON ([\w.]+))?", said)
        return any(f"CREATE TABLE {table}" not in said for table in named)
    if not isinstance(operation, AddField | AlterField | RemoveField) or operation.model_name_lower in made:
        return False
    before = state.models[app, operation.model_name_lower].fields.get(operation.name)
    after = None if isinstance(operation, RemoveField) else operation.field
    return indexed(before) != indexed(after)


def indexed(field: Field | None) -> bool:
    """Whether a plain index stands behind it: a unique text has one beside its constraint."""
    if field is None or field.many_to_many:
        return False
    return isinstance(field, CharField | TextField) if field.unique else field.db_index


def created_in(migration: Migration) -> set[str]:
    return {operation.name_lower for operation in migration.operations if isinstance(operation, CreateModel)}


def test_what_migrations_take_from_the_house_is_among_what_a_kept_test_database_is_known_by():
    """Else tests would run in a database that our code no longer makes. (`import a.models.b` brings but defaults.)"""
    taken = {
        node.module
        for path in ROOT.glob("*/migrations/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in FLOORS
    }
    known = {path.relative_to(ROOT).with_suffix("").as_posix() for source in SOURCES for path in ROOT.glob(source)}
    assert {module.replace(".", "/") for module in taken} - known == set()


def test_a_kept_test_database_is_known_by_every_byte_of_its_migrations_and_by_nothing_else(tmp_path):
    folder = tmp_path / "crm" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text("first")
    first = fingerprint(tmp_path)
    (tmp_path / "crm" / "views.py").write_text("anything")
    assert fingerprint(tmp_path) == first
    (folder / "0001_initial.py").write_text("First")
    other = fingerprint(tmp_path)
    (folder / "0001_initial.py").rename(folder / "0002_more.py")
    assert len({first, other, fingerprint(tmp_path)}) == 3
