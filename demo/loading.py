"""The load: settle in, live through the history, check that everything adds up, write down the truth."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from django.core.management import call_command

from common.models import Load
from crm.models import OrgUnit
from demo.bank import SOURCE, build
from demo.history import DAYS, History, figures
from demo.reckoning import identities, print_out, truth
from demo.settling_in import settle_in

SEED = 2026
MARK = {"kind": "demo", "source": SOURCE}  # a finished Load of this kind says that the history is complete


class NotOurs(Exception):  # noqa: N818 - names what was found
    """The database holds something else than the demo's bank."""


class DoesNotAddUp(Exception):  # noqa: N818
    """An identity fails."""


def loaded() -> bool:
    return Load.objects.filter(**MARK, finished_at__isnull=False).exists()


def load(folder: Path, *, at: datetime, seed: int = SEED, days: int = DAYS) -> None:
    """Fill the empty database with the bank up to `at`; what an interrupted load left behind is emptied first."""
    _make_room()
    began = time.monotonic()
    bank = build(seed)
    history = History(bank, until=at, days=days)
    mark = Load.objects.create(**MARK, started_at=at, options={"seed": seed, "days": days})
    secret = settle_in(bank, at=history.begins - timedelta(days=1))
    print(f"  {len(bank.customers):,} customers, {len(bank.employees)} employees settled in")
    history.run(lambda number, run: _progress(number, days + 1, run))
    found = identities(bank, history.tally)
    folder.mkdir(parents=True, exist_ok=True)
    known = truth(bank, list(history.visits.values()), figures(history))
    (folder / "truth.json").write_text(json.dumps(known, indent=2, ensure_ascii=False))
    _keep(folder / "api_key", secret)
    print(f"\nDoes it add up? ({time.monotonic() - began:.0f} s)")
    if not print_out(found):
        raise DoesNotAddUp("an identity differs; see above")
    number = history.tally["interactions"]
    mark.counts, mark.finished_at = {"received": number, "created": number}, at
    mark.save(update_fields=["counts", "finished_at"])


def _make_room() -> None:
    sources = set(OrgUnit.objects.values_list("source", flat=True))
    if sources - {SOURCE}:
        raise NotOurs("The database already holds a company. Empty it, or name another in DATABASE_URL.")
    if sources:
        print("  a load was interrupted: beginning anew")
        call_command("flush", interactive=False, verbosity=0)


def _progress(number: int, days: int, run: History) -> None:
    line = "  day {:>2} of {}: {:,} interactions, {:,} asked, {:,} answered, {:,} tickets".format(
        number, days, *(run.tally[name] for name in ("interactions", "asked", "answers", "tickets"))
    )
    if sys.stdout.isatty():
        print(f"\r{line}", end="\n" if number == days else "", flush=True)
    elif number % 10 == 0 or number == days:
        print(line, flush=True)


def _keep(file: Path, secret: str) -> None:
    file.touch(mode=0o600)
    file.write_text(secret)
