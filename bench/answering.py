"""Storing answers: our survey page against a plain-SQL Django view (bench/plain.py), under the same gunicorn settings.

wrk posts scores over 16 connections, each to an invitation of its own, to the one and to the other in turns. The rows
that a score leaves are compared first, column by column.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection

from bench.invited import SENT, invite
from bench.timing import Line, progress
from surveys.forms import page_nonce
from surveys.models import Response

Shot = dict[str, float]  # what wrk found: requests, seconds, refused, broken, p50 and p99 in milliseconds
HERE = Path(__file__).resolve().parent
ROUNDS, SECONDS, CONNECTIONS = 5, 10, 16
MOST = 2_500  # answers a second that a machine may reach before wrk runs out of invitations
SITES = {"ours": "nps_project.wsgi", "reference": "bench.plain"}
WROTE = """
SELECT to_jsonb(r) - '{id,public_id,invitation_id,customer_id,interaction_id,unit_id,employee_id}'::text[]
           - '{score,category,answered_at,updated_at}'::text[],
       (SELECT jsonb_agg(to_jsonb(a) - '{id,response_id,at,value}'::text[]) FROM surveys_answer a
        WHERE response_id = r.id),
       (SELECT jsonb_agg(to_jsonb(e) - '{id,subject_id,at,data}'::text[]) FROM common_event e
        WHERE subject_id = r.id::text),
       (SELECT count(*) FROM django_q_ormq)
FROM surveys_response r ORDER BY r.id DESC LIMIT 1
"""


class Link:
    """Links that nobody has answered yet."""

    def __init__(self) -> None:
        self.used = 0

    def take(self, number: int) -> list[tuple[str, str]]:
        """Path and body of the posts that answer the next `number` invitations."""
        first, self.used = self.used + 1, self.used + number
        tokens = [f"token-{n}" for n in range(first, first + number)]
        return [
            (f"/s/{token}/", urllib.parse.urlencode({"nonce": page_nonce(token), "score": n % 11}))
            for n, token in enumerate(tokens)
        ]


def run(scale: float) -> Iterator[Line]:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is missing. As root: apt-get install wrk")
    seconds = max(2, round(SECONDS * scale))
    invite((2 * ROUNDS + 2) * (seconds + 1) * MOST, state=SENT)
    link = Link()
    with serving("ours") as ours, serving("reference") as reference:
        sites = {"ours": ours, "reference": reference}
        _compare_rows(sites, link)
        found: dict[str, list[Shot]] = {"ours": [], "reference": []}
        for number in range(ROUNDS + 1):
            for name, address in sites.items():
                result = shoot(wrk, address, seconds, link.take(seconds * MOST))
                progress(f"answering: {name}, round {number}: {result}")
                if number:  # the first warms up
                    found[name].append(result)
    yield from _lines(found)


def _lines(found: dict[str, list[Shot]]) -> Iterator[Line]:
    rate = {name: median(shot["requests"] / shot["seconds"] for shot in shots) for name, shots in found.items()}
    ours, reference = rate["ours"], rate["reference"]
    yield Line("answering: scores stored", f"{ours:,.0f}/s", f"{reference:,.0f}/s", ours / reference, 0.8)
    for name in ("p50", "p99"):
        ours, reference = (median(shot[name] for shot in found[site]) for site in SITES)
        yield Line(f"answering: {name}", f"{ours:.1f} ms", f"{reference:.1f} ms", reference / ours)


def shoot(wrk: str, address: str, seconds: int, posts: list[tuple[str, str]]) -> Shot:
    before = Response.objects.count()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{path} {body}\n" for path, body in posts)
        file.flush()
        command = [
            wrk,
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "--timeout",
            "20s",
            "-s",
            str(HERE / "answering.lua"),
            address,
        ]
        done = subprocess.run([*command, "--", file.name], check=True, capture_output=True, text=True)
    result: Shot = json.loads(done.stdout.splitlines()[-1])
    stored = Response.objects.count() - before
    if result["refused"] or result["broken"] or not 0 <= stored - result["requests"] <= CONNECTIONS:
        raise AssertionError(f"not every answer was stored: {stored} of {result}")
    return result


def _compare_rows(sites: dict[str, str], link: Link) -> None:
    wrote = {name: _rows_of_one_answer(address, *link.take(1)[0]) for name, address in sites.items()}
    if wrote["ours"] != wrote["reference"]:
        raise AssertionError(f"not the same rows: {wrote}")


def _rows_of_one_answer(address: str, path: str, body: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE django_q_ormq, common_nudge")
        opener = urllib.request.build_opener(_StayHere())
        with opener.open(address + path, data=body.encode()) as reply:
            if reply.status != 303:
                raise AssertionError(f"{address} answered {reply.status}")
        cursor.execute(WROTE)
        return cursor.fetchone()


class _StayHere(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        return response


@contextmanager
def serving(site: str) -> Iterator[str]:
    """gunicorn under our settings, serving `site`; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", SITES[site]]
    environment = {**os.environ, "SHOPKEEPER_BIND": bind, "SHOPKEEPER_BENCH": site, "SHOPKEEPER_LOG_LEVEL": "INFO"}
    environment["DATABASE_URL"] = os.environ["DATABASE_URL"]
    with subprocess.Popen(
        [*command, "--max-requests", "0"], cwd=HERE.parent, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _await(bind)
            yield f"http://{bind}"
        finally:
            process.terminate()
            process.wait(20)


def _await(bind: str) -> None:
    host, port = bind.split(":")
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("gunicorn did not start")
