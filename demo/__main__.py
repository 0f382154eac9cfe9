"""`python -m demo`: a simulated bank with everything it needs, until Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from common import embedded_pg
from demo import places

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "demo"


def main() -> int:
    """Exit code: 0 after Ctrl-C, 1 with a reason in words."""
    began = time.monotonic()
    if occupied := places.taken():
        for port in occupied:
            print(f"Port {port.number}, for {port.what}, is taken by another program.", file=sys.stderr)
            print(f"  Choose another one: {port.variable}={port.number + 1000} make demo", file=sys.stderr)
        return 1
    os.chdir(ROOT)
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = (FOLDER / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go of it however we end
    except BlockingIOError:
        print("A demo of this folder is running already.", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # whoever started us may have them ignored
    set_environment()
    embedded_pg.start_unless_configured()
    from demo.starting import start  # reads settings, which read the environment set just now

    return start(FOLDER, began=began)


def set_environment() -> None:
    """What the demo needs to differ from the defaults; what is set already stays."""
    for name, value in {
        "DJANGO_SETTINGS_MODULE": "nps_project.settings",
        "SHOPKEEPER_PUBLIC_URL": places.address(places.WEB),
        "SHOPKEEPER_EMAIL_URL": f"smtp://{places.HOST}:{places.SMTP.number}",
        "SHOPKEEPER_COMPANY": "Alder Bank",
        "SHOPKEEPER_COMPANY_ADDRESS": "1 Harbour Street, Bristol",
        "SHOPKEEPER_CURRENCY": "GBP",
        "SHOPKEEPER_ENVIRONMENT": "Demo",
        "SHOPKEEPER_CONTACT_HOURS": "00:00-24:00",  # whoever looks at it at night wants to see it work
        "SHOPKEEPER_DEMO_FOLDER": str(FOLDER),
    }.items():
        os.environ.setdefault(name, value)


if __name__ == "__main__":
    sys.exit(main())
