"""RELIABILITY G3 (R-04): 50 customers a second open their survey and answer, while PostgreSQL is restarted (fast),
falls (immediate) and stays away for 20 s. gunicorn, `manage.py work` and the pages are the real ones.

Each customer gets the page, reads the nonce in it, posts a score and keeps the answer in a ledger of their own: stored
(303), or come back later (503 with Retry-After). Anything else, and a silence longer than PATIENCE, breaks the promise.
Beside them staff open pages, the console and the API. Afterwards every acknowledged answer is there with its score, and
every detractor has a ticket.
"""

from __future__ import annotations

import http.client
import itertools
import random
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from closedloop.models import Ticket, TicketSignal
from common import embedded_pg
from surveys.models import Response
from tests.faults import postgres, processes
from tests.faults.ledger import Ledger
from tests.faults.post_office import PostOffice, free_port, open_post_office
from tests.proofs.company import ALWAYS, Company, found
from tests.proofs.record import HOUSE, POSTGRES, proof, say, scaled

SEED = 20261122
RATE = 50  # answers a second, each a GET and a POST
LENGTH = 120  # seconds of load
AWAY = 20  # seconds that the third outage lasts
STARTS = (0.15, 0.4, 0.6)  # of the load's length, when an outage begins
CLIENTS = 64
PATIENCE = 10.0  # seconds after which an answer counts as a hang
RECOVERY = 60.0
TICKETS = 300.0  # seconds for the closed loop to catch up
NONCE = re.compile(rb'name="nonce" value="([^"]+)"')
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PAGES = ("/digest/", "/tickets/", "/insights/", "/admin/", "/api/v1/tickets", "/api/v1/scores", "/", "/metrics")
LOG = HOUSE / "var" / "restarts.log"


@dataclass
class Customers:
    """They answer one after another at a fixed rate, whatever became of those before."""

    port: int
    ledger: Ledger
    rng: random.Random
    gone: threading.Event

    def answer_all(self, tokens: Sequence[str]) -> None:
        started = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as clients:
            for number, token in enumerate(tokens):
                if self.gone.wait(max(0.0, started + number / RATE - time.monotonic())):
                    clients.shutdown(cancel_futures=True)
                    return
                clients.submit(self.answer, token, self.rng.randrange(11))

    def answer(self, token: str, score: int) -> None:
        began = time.time()
        try:
            self._note(token, score, began, *self._try(token, score))
        except TimeoutError:
            self._note(token, score, began, "hang", 0)
        except (OSError, http.client.HTTPException) as error:
            self._note(token, score, began, f"broken: {type(error).__name__}", 0)

    def _try(self, token: str, score: int) -> tuple[str, int]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            page, body = _exchange(line, "GET", f"/s/{token}/")
            if page.status != 200:
                return _meaning(page, "GET"), page.status
            nonce = NONCE.search(body)
            form = f"nonce={nonce[1].decode() if nonce else ''}&score={score}".encode()
            kept, _ = _exchange(line, "POST", f"/s/{token}/", form)
            return ("stored" if kept.status == 303 else _meaning(kept, "POST")), kept.status
        finally:
            line.close()

    def _note(self, token: str, score: int, began: float, what: str, status: int) -> None:
        self.ledger.note(what, token=token, score=score, status=status, began=began)


def _exchange(
    line: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None, headers: dict[str, str] = FORM
) -> tuple[http.client.HTTPResponse, bytes]:
    line.request(method, path, body, headers)
    response = line.getresponse()
    return response, response.read()


def _meaning(response: http.client.HTTPResponse, method: str) -> str:
    if response.status == 503 and response.headers["Retry-After"]:
        return "come back"
    return f"wrong: {method} {response.status}"


@dataclass
class Staff:
    """One of them, signed in, looks at one page after another."""

    port: int
    ledger: Ledger
    headers: dict[str, str]
    gone: threading.Event

    def look_around(self) -> None:
        for path in itertools.cycle(PAGES):
            if self.gone.wait(0.2):
                return
            began, what, status = time.time(), "hang", 0
            try:
                what, status = self._look(path)
            except TimeoutError:
                pass
            except (OSError, http.client.HTTPException) as error:
                what = f"broken: {type(error).__name__}"
            self.ledger.note(what, token="", path=path, status=status, began=began)

    def _look(self, path: str) -> tuple[str, int]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            page, _ = _exchange(line, "GET", path, headers=self.headers)
            return ("seen" if page.status == 200 else _meaning(page, path)), page.status
        finally:
            line.close()


@dataclass
class Outage:
    mode: str
    away: float
    began: float = 0.0
    back: float = 0.0

    def happen(self) -> None:
        self.began = time.time()
        postgres.stop(POSTGRES, self.mode)
        time.sleep(self.away)
        embedded_pg.ensure(POSTGRES)
        self.back = time.time()
        say(f"PostgreSQL: {self.mode}, {self.back - self.began:.1f} s")


def disturb(outages: list[Outage], seconds: float) -> None:
    """Let them happen at their time; in the main thread, which the server's keeper is a child of."""
    started = time.monotonic()
    for outage, share in zip(outages, STARTS, strict=True):
        time.sleep(max(0.0, started + share * seconds - time.monotonic()))
        outage.happen()


def recovered_after(ledger: Ledger, outages: list[Outage]) -> list[float]:
    """Seconds from each return of the server to the last answer, begun later, that was still not stored; the next
    outage's own time left out."""
    spans = []
    for outage, until in zip(outages, [*(later.began for later in outages[1:]), float("inf")], strict=True):
        bad = [line["at"] for line in ledger.lines() if line["what"] not in {"stored", "seen"}]
        late = [at for at in bad if outage.back <= at < until]
        spans.append(round(max(late, default=outage.back) - outage.back, 1))
    return spans


def stored_after(ledger: Ledger, moment: float) -> bool:
    return any(line["began"] > moment for line in ledger.lines("stored"))


def judge(ledger: Ledger, tokens: dict[str, Any], outages: list[Outage]) -> dict[str, Any]:
    said = Counter(line["what"] for line in ledger.lines())
    stored = {tokens[line["token"]].pk: line["score"] for line in ledger.lines("stored")}
    kept = dict(Response.objects.values_list("invitation", "score"))
    detractors = set(Response.objects.filter(category="detractor").values_list("pk", flat=True))
    with_ticket = set(TicketSignal.objects.values_list("signal__response", flat=True))
    recovery = recovered_after(ledger, outages)
    return {
        "said": dict(said),
        "kept": len(kept),
        "missing": sum(kept.get(invitation) != score for invitation, score in stored.items()),
        "tickets": Ticket.objects.count(),
        "detractors_without_ticket": len(detractors - with_ticket),
        "recovered_after_seconds": recovery,
        "acknowledged_is_there": all(kept.get(invitation) == score for invitation, score in stored.items()),
        "others_were_told_to_come_back": set(said) <= {"stored", "come back", "seen"}
        and said["stored"] + sum(line["what"] == "come back" for line in ledger.lines() if line["token"])
        == len(tokens),
        "recovered": max(recovery) <= RECOVERY and all(stored_after(ledger, outage.back) for outage in outages),
        "tickets_for_all": detractors <= with_ticket and Ticket.objects.count() == len(detractors),
    }


def heard() -> bool:
    return (
        not Response.objects.filter(signalled_at=None).exists()
        and TicketSignal.objects.count() >= Response.objects.filter(category="detractor").count()
    )


PROMISES = ["acknowledged_is_there", "others_were_told_to_come_back", "recovered", "tickets_for_all"]


def main() -> None:
    seconds = scaled(LENGTH)
    company = found()
    tokens = company.links(seconds * RATE)
    outages = [Outage("fast", 0), Outage("immediate", 0), Outage("fast", scaled(AWAY))]
    port = free_port()
    with (
        proof("restarts", seed=SEED, promises=PROMISES) as figures,
        tempfile.TemporaryDirectory() as folder,
        ExitStack() as stack,
    ):
        office = stack.enter_context(open_post_office(PostOffice(lambda _: None)))
        environment = ALWAYS | {"SHOPKEEPER_EMAIL_URL": f"smtp://127.0.0.1:{office.port}"}
        stack.enter_context(processes.running("manage.py", "work", log=LOG, environment=environment))
        web = ("-m", "gunicorn", "nps_project.wsgi", "--bind", f"127.0.0.1:{port}")
        stack.enter_context(processes.running(*web, log=LOG, environment=environment))
        ledger = Ledger(Path(folder) / "customers.jsonl")
        gone = threading.Event()
        stack.callback(gone.set)  # Ctrl-C: nobody goes on
        customers = Customers(port, ledger, random.Random(SEED), gone)
        processes.until(lambda: _answers(port), seconds=60, what="gunicorn")
        staff = Staff(port, ledger, credentials(company), gone)
        load = threading.Thread(target=customers.answer_all, args=(list(tokens),))
        visits = threading.Thread(target=staff.look_around)
        load.start()
        visits.start()
        disturb(outages, seconds)
        load.join()
        gone.set()
        visits.join()
        connection.close()
        say(f"the load is over: {dict(Counter(line['what'] for line in ledger.lines()))}")
        waited = processes.until(heard, seconds=TICKETS, what="a ticket for every detractor")
        figures.update(answers=len(tokens), closed_loop_seconds=round(waited, 1), **judge(ledger, tokens, outages))


def credentials(company: Company) -> dict[str, str]:
    """A session of the operator's, who sees everything."""
    client = Client()
    client.force_login(company.world.operator)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}


def _answers(port: int) -> bool:
    try:
        return _exchange(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "GET", "/")[0].status == 200
    except (OSError, http.client.HTTPException):
        return False
