"""The morning at size: 2,000 branches (PROOF_SCALE=0.02: 40), each with a manager, ninety days of answers with words,
open tickets and scores; one of them is fifty times as large.

First they stand in thirty zones, and for a day and a night the timetable's job comes every quarter of an hour: each has
one digest, of its own day, frozen between 06:30 and 06:45 of its own clock. Then all stand in one zone whose morning
has come, and the workers of an operator, with their usual settings, freeze and mail: from the job's turn to the last
mail that a recording SMTP server takes, ten minutes. Each manager has one mail, of their branch. Last the pages: 95 of
100 within 300 ms, and the large branch's asks as much as any other's.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from common.models import Event, Heartbeat, User
from common.queue import enqueue
from crm.models import OrgUnit
from distribution.models import Digest, Dispatch
from distribution.mornings import OPENS
from distribution.services.digesting import freeze_due
from tests.faults import processes
from tests.faults.ledger import Ledger
from tests.faults.plans import calm
from tests.faults.post_office import PostOffice, open_post_office
from tests.proofs.branches import Company, many_branches
from tests.proofs.record import HOUSE, proof, say, scaled

SEED = 20261123  # nothing is drawn; kept for the form
UNITS, VISITS = scaled(2_000), 100
WINDOW, PAGE = 600.0, 0.3  # seconds
QUARTER = timedelta(minutes=15)
LOG = HOUSE / "var" / "mornings.log"
ZONES = (
    "Pacific/Pago_Pago", "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver",
    "America/Chicago", "America/New_York", "America/Halifax", "America/St_Johns", "America/Sao_Paulo",
    "Atlantic/Azores", "UTC", "Europe/London", "Europe/Paris", "Africa/Cairo", "Europe/Istanbul", "Asia/Tehran",
    "Asia/Dubai", "Asia/Kabul", "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Bangkok",
    "Asia/Shanghai", "Asia/Tokyo", "Australia/Adelaide", "Australia/Sydney", "Pacific/Auckland", "Pacific/Chatham",
)  # fmt: skip
PROMISES = ["each_once_at_its_own_half_past_six", "each_mail_once", "within_ten_minutes", "pages_within_300_ms",
            "large_asks_no_more"]  # fmt: skip


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    with proof("mornings", seed=SEED, promises=PROMISES) as figures:
        now = timezone.now().replace(minute=0, second=0, microsecond=0)
        company = many_branches(UNITS, at=now)
        figures.update(units=UNITS, answers=_count("surveys_response"), topics_in_words=_count("surveys_passagetopic"))
        figures.update(_thirty_zones(company, now))
        figures.update(_one_zone(company))
        figures.update(_pages(company))


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def _thirty_zones(company: Company, now: datetime) -> dict[str, Any]:
    """From now on for 24 hours; what is due at the very beginning is older than its quarter, and not judged."""
    for number, zone in enumerate(ZONES):
        OrgUnit.objects.filter(pk__in=company.ids[number :: len(ZONES)]).update(zone=zone)
    freeze_due(at=now)
    started = time.perf_counter()
    for quarter in range(1, 97):
        if (frozen := freeze_due(at=now + quarter * QUARTER)) and quarter % 8 == 0:
            say(f"{now + quarter * QUARTER:%H:%M} UTC: {frozen} frozen")
    digests = list(Digest.objects.filter(frozen_at__gt=now).select_related("unit").defer("content"))
    found = {
        "zones": len({digest.unit.zone for digest in digests}), "digests_of_a_day": len(digests),
        "seconds_for_them": round(time.perf_counter() - started, 1),
        "each_once_at_its_own_half_past_six": all(map(_in_time, digests))
        and Counter(digest.unit_id for digest in digests) == dict.fromkeys(company.ids, 1),
    }  # fmt: skip
    say(str(found))
    return found


def _in_time(digest: Digest) -> bool:
    there = digest.frozen_at.astimezone(ZoneInfo(digest.unit.zone))
    opens = there.replace(hour=OPENS.hour, minute=OPENS.minute)
    return digest.day == there.date() and opens <= there < opens + QUARTER


def _one_zone(company: Company) -> dict[str, Any]:
    """Where it is past half past six by now; with workers as an operator has them, and a real mail server."""
    Dispatch.objects.all().delete()
    Digest.objects.all().delete()
    Event.objects.all().delete()
    hour = timezone.now().hour
    OrgUnit.objects.filter(pk__in=company.ids).update(zone="Etc/GMT-8" if hour < 8 else "UTC")
    with (
        tempfile.TemporaryDirectory() as folder,
        open_post_office(PostOffice(calm, Ledger(Path(folder) / "mails.jsonl"))) as office,
        processes.running(
            "manage.py", "work", log=LOG,
            environment={"SHOPKEEPER_EMAIL_URL": f"smtp://127.0.0.1:{office.port}"},
        ),
    ):  # fmt: skip
        ledger = Ledger(Path(folder) / "mails.jsonl")
        processes.until(lambda: Heartbeat.objects.filter(name="worker").first(), seconds=60, what="the workers")
        began = time.time()
        enqueue("distribution.tasks.freeze")
        frozen = processes.until(lambda: _frozen(company.number), seconds=2 * WINDOW, what="every digest")
        processes.until(lambda: _arrived(ledger, company.number), seconds=2 * WINDOW, what="every mail")
        time.sleep(2)  # whatever comes twice
        accepted = list(ledger.lines("accepted"))
    return {"seconds_to_freeze": round(frozen, 1)} | _sent(company, accepted, began)


def _frozen(number: int) -> bool:
    time.sleep(0.5)
    return Digest.objects.count() >= number


def _arrived(ledger: Ledger, number: int) -> bool:
    accepted = ledger.count("accepted")
    say(f"{accepted} of {number} mails")
    time.sleep(2)
    return accepted >= number


def _sent(company: Company, accepted: list[dict[str, Any]], began: float) -> dict[str, Any]:
    wanted = Dispatch.objects.values_list("message_id", flat=True)
    found = {
        "mails": len(accepted),
        "seconds_to_last_mail": round(max(line["at"] for line in accepted) - began, 1),
        "each_mail_once": Counter(line["id"] for line in accepted) == dict.fromkeys(wanted, 1)
        and Dispatch.objects.values("digest__unit", "employee").distinct().count() == len(accepted) == company.number,
    }
    say(str(found))
    return found | {"within_ten_minutes": found["seconds_to_last_mail"] <= WINDOW}


def _pages(company: Company) -> dict[str, Any]:
    """Of a hundred managers, the large branch's first."""
    step = max(1, company.number // VISITS)
    visits = [_visit(company, place) for place in range(0, company.number, step)]
    large, small = visits[0], visits[1:]
    seconds = [taken for taken, _ in visits]
    cuts = quantiles(seconds, n=100)
    return {
        "page_p50": round(cuts[49], 3), "page_p95": round(cuts[94], 3), "large_page": round(large[0], 3),
        "queries": sorted({asked for _, asked in visits}), "pages_within_300_ms": cuts[94] < PAGE,
        # who has nothing to praise, or nobody to call, asks one query less for each: so by the most of the small ones
        "large_asks_no_more": large[1] <= max(asked for _, asked in small),
    }  # fmt: skip


def _visit(company: Company, place: int) -> tuple[float, int]:
    """Seconds and queries of a manager's page, the second time they open it: the first one warms up."""
    client = Client()
    client.force_login(User.objects.get(pk=company.users + 1 + place), "django.contrib.auth.backends.ModelBackend")
    address = Digest.objects.get(unit=company.units + 1 + place).get_absolute_url()
    if client.get(address).status_code != 200:
        raise SystemExit(f"{address} does not open")
    return _counted(lambda: client.get(address))


def _counted(visit: Callable[[], Any]) -> tuple[float, int]:
    asked = 0

    def count(execute: Any, *statement: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*statement)

    with connection.execute_wrapper(count):
        started = time.perf_counter()
        visit()
        return time.perf_counter() - started, asked
