"""Storing answers while they are folded into the rollups, against storing them while nobody folds: the same house,
the same survey page, wrk over 16 connections, in turns. Folding runs in a process of its own, as a worker's does, every
five seconds, which is twelve times as often as the timetable has it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from django.utils import timezone

from analytics.services.filling import fill, fill_invitations
from analytics.services.verifying import mismatches
from bench.answering import HERE, Link, Shot, serving, shoot
from bench.invited import SENT, invite
from bench.timing import Line, progress
from surveys.models import Response

ROUNDS, SECONDS, PAUSE = 5, 20, 5.0
MOST = 1_500  # answers a second that a machine may reach before wrk runs out of invitations
FOLDER = f"""
import django, time
django.setup()
from analytics.tasks import fold, fold_invitations
print("ready", flush=True)
while True:
    time.sleep({PAUSE})
    fold()
    fold_invitations()
"""


def run(scale: float) -> Iterator[Line]:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is missing. As root: apt-get install wrk")
    seconds = max(6, round(SECONDS * scale))
    invite(2 * (ROUNDS + 1) * (seconds + 1) * MOST, state=SENT)
    found: dict[str, list[Shot]] = {"on": [], "off": []}
    with serving("ours") as address:
        link = Link()
        for number in range(ROUNDS + 1):
            for way, shots in found.items():
                _take_in()  # what the rounds before left
                with _folding(on=way == "on"):
                    shot = shoot(wrk, address, seconds, link.take(seconds * MOST))
                progress(f"folding {way}, round {number}: {shot}, {_waiting():,} wait")
                if number:  # the first warms up
                    shots.append(shot)
    _take_in()
    if wrong := mismatches():
        raise AssertionError(wrong[:5])
    rate = {way: median(shot["requests"] / shot["seconds"] for shot in shots) for way, shots in found.items()}
    yield Line(
        "answering: folding on, off", f"{rate['on']:,.0f}/s", f"{rate['off']:,.0f}/s", rate["on"] / rate["off"], 0.9
    )
    for name in ("p50", "p99"):
        on, off = (median(shot[name] for shot in shots) for shots in found.values())
        yield Line(f"answering: {name} with folding on, off", f"{on:.1f} ms", f"{off:.1f} ms", off / on)


@contextmanager
def _folding(*, on: bool) -> Iterator[None]:
    if not on:
        yield
        return
    command = [sys.executable, "-c", FOLDER]
    with subprocess.Popen(command, cwd=HERE.parent, env={**os.environ}, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout is None or process.stdout.readline() != b"ready\n":
                raise AssertionError("the folding did not begin")
            yield
        finally:
            process.terminate()
            process.wait(20)


def _take_in() -> None:
    began = time.perf_counter()
    while fill(at=timezone.now()) + fill_invitations(at=timezone.now()):
        pass
    progress(f"folding: all that waited was taken in within {time.perf_counter() - began:.1f} s")


def _waiting() -> int:
    return Response.objects.filter(folded_at=None).count()
