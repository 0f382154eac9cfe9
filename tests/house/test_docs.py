"""Docs cannot rot: what exists is documented, and what is documented exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import get_resolver

from bench.__main__ import MEASUREMENTS
from crm.services.loading import LoadKind, kinds
from tests.proofs.__main__ import PROOFS

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ["common", "crm", "surveys", "closedloop", "analytics", "distribution", "nps_project"]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def sources() -> str:
    return "\n".join(path.read_text() for app in FLOORS for path in sorted((ROOT / app).rglob("*.py")))


def event_names() -> list[str]:
    return sorted(
        set(
            re.findall(r"""\b(?:record|record_each|_done|_record|_event)\(\s*f?["']([a-z_]+\.[a-z_]+)["']""", sources())
        )
    )


@pytest.mark.parametrize("name", event_names())
def test_every_event_name_is_documented(name):
    assert re.search(rf"^\| `{re.escape(name)}` \| \w", text_of("events.md"), re.MULTILINE)


def api_routes() -> list[str]:
    def walk(patterns, prefix=""):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            else:
                yield route

    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) for route in walk(get_resolver().url_patterns)}
    return sorted(route for route in routes if route.startswith("api/v1/"))


@pytest.mark.parametrize("route", api_routes())
def test_every_api_route_is_documented(route):
    assert f"`/{route}`" in text_of("api.md")


def commands() -> list[str]:
    return sorted(
        path.stem for app in FLOORS for path in (ROOT / app).glob("management/commands/*.py") if path.stem != "__init__"
    )


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented(name):
    assert f"manage.py {name}" in text_of("operations.md")


def columns_of(kind: LoadKind) -> str:
    """The table of docs/files.md. After a change, paste what the test below says is missing."""
    rows = [
        f"| `{name}` | {'yes' if name in kind.required() else ''} | {means} |" for name, means in kind.columns().items()
    ]
    return "\n".join([f"### {kind.name}", "", "| Column | Needed | Meaning |", "|---|---|---|", *rows, ""])


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_every_column_of_every_kind_of_file_is_documented(kind):
    told = text_of("files.md")
    assert columns_of(kind) in told if f"### {kind.name}\n" in told else f"`{kind.name}`" in told


def documented_paths() -> list[tuple[str, str]]:
    pattern = re.compile(
        r"`((?:common|crm|surveys|closedloop|analytics|distribution|nps_project|templates|tests|docs|demo|bench|static|requirements)/[\w./-]*)`"
    )
    return [(doc.name, path) for doc in DOCS for path in sorted(set(pattern.findall(doc.read_text())))]


@pytest.mark.parametrize(("doc", "path"), documented_paths())
def test_every_documented_path_exists(doc, path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", sorted({*PROOFS, *MEASUREMENTS}))
def test_every_proof_and_every_measurement_is_documented_with_what_was_found(name):
    rows = re.findall(rf"^\| `{name}` \|.+\| (.+) \|$", text_of("operations.md"), re.MULTILINE)
    assert len(rows) == [*PROOFS, *MEASUREMENTS].count(name)


def test_readme_carries_the_trademark_notice():
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert "registered marks of Bain & Company, Fred Reichheld and Satmetrix" in readme
