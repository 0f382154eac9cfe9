"""A server of its own is stopped both ways; what was committed is there afterwards."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from common import embedded_pg
from tests.faults import postgres


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_ends_every_session_and_keeps_what_was_committed(tmp_path: Path, mode: str):
    root = tmp_path / "pg"
    url = embedded_pg.ensure(root, durable=True)
    try:
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("create table kept as select 1 as one")
            before = postgres.postmaster(root)
            postgres.restart(root, mode)
            with pytest.raises(psycopg.OperationalError):
                session.execute("select 1")
        with psycopg.connect(url) as again:
            assert again.execute("select one from kept").fetchone() == (1,)
        assert postgres.postmaster(root) != before
    finally:
        embedded_pg.release(root)
