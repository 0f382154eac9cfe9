"""A pytest plugin (loaded with -p, so that it runs before pytest-django reads the settings) that starts the embedded
PostgreSQL for tests. Workers of pytest-xdist inherit DATABASE_URL."""

import os
from pathlib import Path

from common import embedded_pg

if not os.environ.get("DATABASE_URL"):
    root = Path(__file__).resolve().parent.parent / "var" / "pg-test"
    # threads of the live server keep the connection of each browser that looked in
    os.environ["DATABASE_URL"] = embedded_pg.ensure(root, durable=False, settings={"max_connections": "400"})
