"""One start of the demo: database, load when empty, processes, the table of addresses, and the wait for Ctrl-C."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django
import httpx
from django.core.management import call_command
from django.db import connections

django.setup()

from django.utils import timezone

from demo import library, places, running, systems, talks, telling
from demo.coming_back import come_back
from demo.company.sizes import Size
from demo.doors import customers_pages, own_page_door, preview_door, public_door
from demo.living import player
from demo.loading import DoesNotAddUp, NotOurs, load, loaded
from demo.settling_in import PASSWORD
from surveys.models import PublicLink
from surveys.services.reminding.making import take_over_reminders

__all__ = ["only_load", "start"]


def only_load(folder: Path, size: Size) -> int:
    """Load the history, or say that it is there; exit code: 0, or 1 if something did not work, said in words."""
    try:
        _prepare(folder, size)
    except KeyboardInterrupt:
        print("\nstopped; an unfinished load begins anew at the next start")
        return 1
    except (NotOurs, DoesNotAddUp) as error:
        print(f"\n{error}")
        return 1
    print(f"the {size.name} bank is loaded; the truth is in {folder / 'truth.json'} and {folder / 'truth'}")
    return 0


def start(folder: Path, size: Size, *, began: float) -> int:
    """Exit code: 0 after Ctrl-C, 1 if something did not work, said in words. `began`: monotonic time of the call."""
    try:
        notes = _count_start(folder / "living.json", size, _prepare(folder, size))
        if come_back(at=timezone.now()):  # once
            take_over_reminders(at=timezone.now())
        shown = doors(notes["start"], folder)
        connections.close_all()
        os.environ |= {"SHOPKEEPER_DEMO": "true", "SHOPKEEPER_DEMO_LOGINS": json.dumps(shown)}
        with running.Household(folder) as house:
            _bring_up(house)
            print(table(notes["start"], folder, time.monotonic() - began), flush=True)
            house.watch()
            print("\nstopping ...", flush=True)
    except KeyboardInterrupt:
        print("\nstopped; an unfinished load begins anew at the next start")
    except (NotOurs, DoesNotAddUp, running.DidNotStart) as error:
        print(f"\n{error}")
        return 1
    return 0


def _prepare(folder: Path, size: Size) -> dict[str, Any]:
    """The history loaded; returns its seed and last day."""
    print("preparing the database", flush=True)
    call_command("migrate", verbosity=0)
    if not loaded():
        print(f"loading {size.days} days of a simulated bank, once", flush=True)
        load(folder, size, at=timezone.now())
    found = loaded()
    if found is not None:
        telling.register(folder, at=timezone.now())
        library.furnish(at=timezone.now())
        talks.converse(at=timezone.now())
        talks.aim(at=timezone.now())
        systems.lend_tablets(folder, at=timezone.now())
    connections.close_all()
    if found is None or "until" not in found.options:
        raise NotOurs("These are data of an earlier version of the demo: make clean, then start again.")
    return {"seed": found.options["seed"], "until": found.options["until"]}


def _bring_up(house: running.Household) -> None:
    running.mail_catcher(house)
    running.crm(house)
    running.web(house)
    running.worker(house)
    house.wait_for(lambda: all(places.listening(port) for port in places.PORTS), "the demo")
    house.wait_for(_answers, "the pages")
    running.life(house)


def _answers() -> bool:
    try:
        return httpx.get(places.address(places.WEB) + "/login/", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _count_start(notes: Path, size: Size, history: dict[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(notes.read_text()) if notes.exists() else {}
    known |= {"start": known.get("start", 0) + 1, "size": asdict(size), **history}
    notes.write_text(json.dumps(known))
    return known


def doors(starts: int, folder: Path) -> dict[str, Any]:
    """What the landing page tells a visitor."""
    return {
        "about": "Alder Bank, its customers and everybody in it are invented",
        "mailbox_address": places.address(places.WEBMAIL),
        "console": {"Name": "olivia", "Password": PASSWORD},
        "digest": {"Name": "helen", "Password": PASSWORD},
        "mailbox": {"Mailbox": player(starts)},
        "own_page": own_page_door(at=timezone.now()),
        "tablet": public_door(PublicLink.Kind.KIOSK),
        "api": {"Key": f"in var/{folder.name}/api_key"},
    }


def table(starts: int, folder: Path, seconds: float) -> str:
    """Where to go, as whom, and what to try."""
    web, webmail = places.address(places.WEB), places.address(places.WEBMAIL)
    rows = (
        ("Branch manager, Harbour Street", f"{web}/digest/", f"helen / {PASSWORD}"),
        ("Regional manager, Britain", f"{web}/region/", f"rosa / {PASSWORD}"),
        ("Customer advocacy office: console", f"{web}/admin/", f"olivia / {PASSWORD}"),
        ("Operator: console, everything", f"{web}/admin/", f"admin / {PASSWORD}"),
        ("Customer's mailbox", webmail, f"{player(starts)}"),
        ("API", f"{web}/api/docs/", f"key in var/{folder.name}/api_key"),
        ("What a survey asks, in every channel", preview_door(), f"olivia / {PASSWORD}"),
    )
    pages = [(what, address, "") for what, address in customers_pages(at=timezone.now())]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines, open_to_all = (
        [f"  {who:<{widths[0]}}  {where:<{widths[1]}}  {login}".rstrip() for who, where, login in each]
        for each in (rows, pages)
    )
    return "\n".join(
        (
            "",
            f"Alder Bank is open ({seconds:.0f} s). Everything in it is invented.",
            "",
            f"  open {web}",
            "",
            *lines,
            "",
            "  As a customer, without a login:",
            *open_to_all,
            "",
            "Try: open the customer's mailbox, choose a low score and say why. Within seconds Helen has a ticket in",
            "her work list; call, note what you learned and what it cost, close it. Her branch's score, with its",
            "interval, is on Insights. New customers keep coming:",
            f"var/{folder.name}/life.log. What the data ought to show: var/{folder.name}/truth.json.",
            f"What the bank's CRM is told: var/{folder.name}/webhooks.log; in the console System, Webhook deliveries.",
            "Ctrl-C ends it all; started again it goes on with the same data (the catcher forgets its mails).",
            "",
        )
    )
