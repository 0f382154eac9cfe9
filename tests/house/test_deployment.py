"""Settings as a company would run them pass Django's own checks for deployment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SHOPKEEPER_SECRET_KEY": "a-key-for-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
    "SHOPKEEPER_PUBLIC_URL": "https://feedback.example.org",
    "SHOPKEEPER_HOSTS": "feedback.example.org",
}


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` under the variables that docs/operations.md asks for."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHOPKEEPER_", "DJANGO_ALLOW"))}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        command, check=False, cwd=ROOT, env=kept | PRODUCTION | environment, capture_output=True, text=True
    )


def test_production_settings_pass_the_checks_for_deployment():
    found = check()
    assert found.returncode == 0, found.stderr
    assert "no issues" in found.stdout


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("SHOPKEEPER_DEBUG", "true", "security.W018"),
        ("SHOPKEEPER_PUBLIC_URL", "http://feedback.example.org", "security.W004"),
        ("SHOPKEEPER_SECRET_KEY", "too-short", "security.W009"),
    ],
)
def test_what_must_not_go_into_production_is_named(variable, value, complaint):
    found = check(**{variable: value})
    assert found.returncode == 1
    assert complaint in found.stderr
