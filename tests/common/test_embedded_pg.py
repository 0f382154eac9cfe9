"""The embedded PostgreSQL under hard conditions, each in processes of its own and a folder of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from common import embedded_pg

HOUSE = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds; whoever takes longer hangs
USER = """
import signal, sys, pathlib
signal.signal(signal.SIGINT, signal.default_int_handler)  # a script in the background ignores it, and so would we
sys.path.insert(0, sys.argv[1])
from common import embedded_pg
import psycopg
url = embedded_pg.ensure(pathlib.Path(sys.argv[2]), durable=False)
with psycopg.connect(url) as connection:
    started = connection.execute("select pg_postmaster_start_time()").fetchone()[0]
print(started, flush=True)  # its session is over: a server that falls from here on does not take it along
sys.stdin.read()
"""


def user(root: Path) -> subprocess.Popen[str]:
    """A process that starts (or joins) the server, says when the server started, and lives until its stdin closes."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(HOUSE), str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def word(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    assert select.select([process.stdout], [], [], PATIENCE)[0], "not a word"
    return process.stdout.readline().strip()


def processes_of(root: Path) -> list[str]:
    """Command lines of whatever still works on `root` (zombies have none)."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(root) in line and "-c" not in line.split()[1:2]:
            lines.append(line)
    return lines


def wait_until_gone(root: Path, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while processes_of(root) and time.monotonic() < until:
        time.sleep(0.05)
    assert processes_of(root) == []


@pytest.fixture
def root(tmp_path: Path):
    yield tmp_path / "pg"
    wait_until_gone(tmp_path / "pg")


def test_twelve_cold_starts_at_once_make_one_server(root):
    users = [user(root) for _ in range(12)]
    assert len({word(process) for process in users}) == 1
    for process in users:
        process.communicate(timeout=PATIENCE)


def test_the_last_one_out_stops_the_server(root):
    first, second = user(root), user(root)
    word(first), word(second)
    first.communicate(timeout=PATIENCE)
    with psycopg.connect(embedded_pg.url(root)) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    second.communicate(timeout=PATIENCE)
    wait_until_gone(root)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_last_user_ends_nothing_stays_behind(root, how):
    process = user(root)
    word(process)
    process.send_signal(how)
    process.wait(PATIENCE)
    wait_until_gone(root)


def test_rows_survive_when_the_server_is_killed(root):
    process = user(root)
    started = word(process)
    with psycopg.connect(embedded_pg.url(root), autocommit=True) as connection:
        connection.execute("create table kept as select 42 as answer")
        connection.execute("checkpoint")
    os.kill(int((root / "cluster" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    again = user(root)
    assert word(again) > started
    with psycopg.connect(embedded_pg.url(root)) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)
    again.communicate(timeout=PATIENCE)


def test_a_stale_file_that_names_a_living_process_does_not_block_the_start(root):
    process = user(root)
    word(process)
    process.communicate(timeout=PATIENCE)
    wait_until_gone(root)  # else a server that is still ending takes away the file of the next one
    (root / "cluster" / "postmaster.pid").write_text(f"{os.getpid()}\n{root}/cluster\n")
    again = user(root)
    assert word(again)
    again.communicate(timeout=PATIENCE)


def test_an_interrupted_first_start_is_begun_anew(root):
    (root / "cluster.new").mkdir(parents=True)
    (root / "cluster.new" / "PG_VERSION").write_text("18\n")
    process = user(root)
    assert word(process)
    process.communicate(timeout=PATIENCE)


def test_a_path_longer_than_a_socket_may_have_works(tmp_path):
    root = tmp_path / ("a" * 100) / "pg"
    process = user(root)
    assert word(process)
    process.communicate(timeout=PATIENCE)
    wait_until_gone(root)


def test_a_folder_in_use_from_another_container_is_refused(root):
    process = user(root)
    word(process)
    (root / "owner").write_text("pid:[1]")
    os.kill(int((root / "cluster" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    time.sleep(0.3)
    with pytest.raises(SystemExit, match="in use from another container"):
        embedded_pg.ensure(root)
    embedded_pg.release(root)
    process.communicate(timeout=PATIENCE)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_account_is_refused(root):
    (root / "cluster").mkdir(parents=True)
    os.chown(root / "cluster", 12345, 12345)
    with pytest.raises(SystemExit, match="belongs to another account"):
        embedded_pg.ensure(root)


def test_a_secret_is_made_once_for_all(tmp_path):
    make = f"import sys; sys.path.insert(0, {str(HOUSE)!r}); from pathlib import Path; from common import embedded_pg"
    code = f"{make}; print(embedded_pg.local_secret(Path({str(tmp_path / 'var')!r})))"
    makers = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    secrets = {maker.communicate(timeout=PATIENCE)[0].strip() for maker in makers}
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 50
    assert [(path.name, path.stat().st_mode & 0o777) for path in (tmp_path / "var").iterdir()] == [
        ("secret_key", 0o600)
    ]


def test_a_damaged_secret_is_not_used(tmp_path):
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(SystemExit, match="damaged"):
        embedded_pg.local_secret(tmp_path)
