"""Imports, relations and migrations point down (ARCHITECTURE.md, section 2); import-linter holds the imports."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ["common", "crm", "surveys", "closedloop", "analytics", "distribution", "nps_project"]
SOURCES = [
    path for app in [*FLOORS, "demo", "bench"] for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
]
# Imports inside functions, each with its reason; every other one is a defect.
LATE_IMPORTS = {
    "manage.py": "settings read the URL that was just set",
    "demo/__main__.py": "the same; nothing of Django may be imported before the environment is set",
}


def floor(app: str) -> int:
    return FLOORS.index(app)


def ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in FLOORS]


@pytest.mark.parametrize("model", ours(), ids=lambda m: m._meta.label)
def test_relations_point_down(model):
    upward = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and field.related_model._meta.app_label in FLOORS
        and floor(field.related_model._meta.app_label) > floor(model._meta.app_label)
    ]
    assert upward == []


def test_migrations_depend_downward():
    graph = MigrationLoader(None).disk_migrations
    upward = [
        (key, dependency)
        for key, migration in graph.items()
        for dependency in migration.dependencies
        if key[0] in FLOORS and dependency[0] in FLOORS and floor(dependency[0]) > floor(key[0])
    ]
    assert upward == []


def test_migrations_have_spoken_names():
    names = [name for app, name in MigrationLoader(None).disk_migrations if app in FLOORS]
    assert [
        name for name in names if "auto_" in name or (name.endswith("_initial") and not name.startswith("0001"))
    ] == []


def late_imports(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def test_nothing_is_imported_late():
    found = [place for path in SOURCES for place in late_imports(path)]
    assert [place for place in found if place.split(":")[0] not in LATE_IMPORTS] == []


def test_no_receiver_listens_to_django_signals():
    pattern = re.compile(r"@receiver\(|\.connect\(.*sender=|from django\.db\.models\.signals|from django\.dispatch")
    assert [str(path.relative_to(ROOT)) for path in SOURCES if pattern.search(path.read_text())] == []


def test_no_room_is_called_utils():
    assert [str(path) for path in SOURCES if path.stem in {"utils", "helpers", "misc"}] == []


def code_lines(path: Path) -> int:
    return sum(1 for line in path.read_text().splitlines() if line.strip() and not line.strip().startswith("#"))


def test_no_file_outgrows_its_idea():
    assert {str(path.relative_to(ROOT)): code_lines(path) for path in SOURCES if code_lines(path) > 350} == {}


def test_every_package_says_what_it_owns():
    silent = [app for app in FLOORS if not (ast.get_docstring(ast.parse((ROOT / app / "__init__.py").read_text())))]
    assert silent == []


@pytest.mark.parametrize("model", ours(), ids=lambda m: m._meta.label)
def test_every_model_says_what_it_means(model):
    if hasattr(model, "pgh_tracked_model"):
        return  # pghistory's generated tables
    assert model.__doc__
    assert not model.__doc__.startswith(f"{model.__name__}(")
