"""`python -m demo [--size SIZE] [--load-only]`: a simulated bank with everything it needs, until Ctrl-C."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from common import embedded_pg
from demo import places
from demo.company.sizes import SIZES, Size

ROOT = Path(__file__).resolve().parent.parent
LEAST, MOST = 512, 4096  # MB of the database that PostgreSQL itself holds in memory
ROOMY = {  # for millions of rows, by a handful of connections
    "work_mem": "32MB", "max_wal_size": "8GB", "checkpoint_timeout": "30min",
}  # fmt: skip


def main() -> int:
    """Exit code: 0 after Ctrl-C or a load that adds up, 1 with a reason in words."""
    began = time.monotonic()
    wanted = _arguments()
    size = SIZES[wanted.size].scaled(wanted.share, wanted.days)
    if not wanted.load_only and (occupied := places.taken()):
        for port in occupied:
            print(f"Port {port.number}, for {port.what}, is taken by another program.", file=sys.stderr)
            print(f"  Choose another one: {port.variable}={port.number + 1000} make demo", file=sys.stderr)
        return 1
    os.chdir(ROOT)
    folder = folder_of("demo", size)
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go of it however we end
    except BlockingIOError:
        print("A demo of this folder is running already.", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # whoever started us may have them ignored
    set_environment(folder)
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = embedded_pg.ensure(folder_of("pg", size), settings=_settings(size))
    from demo.starting import only_load, start  # read settings, which read the environment set just now

    return only_load(folder, size) if wanted.load_only else start(folder, size, began=began)


def _settings(size: Size) -> dict[str, str]:
    """Of the embedded server. A large bank has 8 GB of rows, whose customers come by in no order: what is not held is
    read, checked and written over and over. So an eighth of the machine's memory, within bounds."""
    if not size.feeders:
        return {}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    return ROOMY | {"shared_buffers": f"{min(MOST, max(LEAST, memory // 8))}MB"}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description="A simulated bank.")
    chosen = os.environ.get("SHOPKEEPER_DEMO_SIZE") or "small"
    parser.add_argument("--size", choices=list(SIZES), default=chosen, help="default: SHOPKEEPER_DEMO_SIZE, or small")
    parser.add_argument("--load-only", action="store_true", help="load the history, print what it took, and end")
    parser.add_argument("--share", type=float, default=1.0, help="for measuring: so much of the size, such as 0.05")
    parser.add_argument("--days", type=int, help="for measuring: the last days of the history only")
    return parser.parse_args()


def folder_of(kind: str, size: Size) -> Path:
    """Of this size alone, so that sizes do not mix; the small one has the names without a size."""
    return ROOT / "var" / (kind if size.name == "small" else f"{kind}-{size.name}")


def set_environment(folder: Path) -> None:
    """What the demo needs to differ from the defaults; what is set already stays."""
    for name, value in {
        "DJANGO_SETTINGS_MODULE": "nps_project.settings",
        "SHOPKEEPER_PUBLIC_URL": places.address(places.WEB),
        "SHOPKEEPER_EMAIL_URL": f"smtp://{places.HOST}:{places.SMTP.number}",
        "SHOPKEEPER_INBOUND_DOMAIN": "back.shopkeeper.localhost",
        "SHOPKEEPER_COMPANY": "Alder Bank",
        "SHOPKEEPER_COMPANY_ADDRESS": "1 Harbour Street, Bristol",
        "SHOPKEEPER_CURRENCY": "GBP",
        "SHOPKEEPER_ENVIRONMENT": "Demo",
        "SHOPKEEPER_CONTACT_HOURS": "00:00-24:00",  # whoever looks at it at night wants to see it work
        "SHOPKEEPER_DEMO_FOLDER": str(folder),
        "SHOPKEEPER_WEBHOOK_NETWORKS": f"{places.HOST}/32",  # the bank's CRM runs beside us
        "SHOPKEEPER_WEBHOOK_PORTS": str(places.HOOKS.number),
    }.items():
        os.environ.setdefault(name, value)


if __name__ == "__main__":
    sys.exit(main())
