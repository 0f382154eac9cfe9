"""Loaded with -p, so that it runs before pytest-django reads the settings. xdist workers inherit the environment."""

import os
from pathlib import Path

from common import embedded_pg

if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = embedded_pg.ensure(
        Path(__file__).resolve().parent.parent / "var" / "pg-test", durable=False
    )
