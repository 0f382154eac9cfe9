"""Mails of a program that keeps clicks on scores: machines open their links in every way they do, people click some and
press the button, and it is known who did what.

Requests go through the pages one after the other, and then each row gets the moment that it has in the plan, in which
mails are read over hours.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.test import Client
from django.utils import timezone

from surveys.models import Answer, Invitation, Message, ProvisionalScore, Response
from surveys.services.clicking import settle_clicks
from tests.factories import analytics as bulk
from tests.factories import surveys as make
from tests.world import World

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
PEOPLE = (
    CHROME,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36",
)
NAMED = ("Mimecast-URL-Protect/1.0", "BarracudaCentral/2.0 (Barracuda Sentinel)", "python-requests/2.34.2", "")
HIDDEN = (CHROME, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/42.0.2311.135 Edge/12.246")

_NONCE = re.compile('name="nonce" value="([^"]+)"')


class Step(NamedTuple):
    """A call after the hand-off: of a person or a machine; `press`: the score that is sent with the button."""

    after: timedelta
    human: bool
    score: int | None = None
    method: str = "GET"
    agent: str = CHROME
    ahead: bool = False
    press: int | None = None
    words: str = ""


def machines(rng: random.Random) -> Iterator[Step]:
    """What the machines of a mailbox do on arrival; nothing in two of five."""
    kind = rng.choice(["none", "none", "named", "hidden", "head", "head and get", "prefetch", "one", "late"])
    start, agent = timedelta(seconds=rng.uniform(1, 40)), rng.choice(HIDDEN)
    if kind == "none":
        return
    if kind == "one":  # a sandbox that opens one link of a mail, at once
        yield Step(timedelta(seconds=rng.uniform(0.2, 4)), False, rng.randrange(11), agent=agent)
        return
    if kind == "late":  # a sweep of what was delivered, hours after
        start = timedelta(hours=rng.uniform(1, 9))
    for number in range(11):
        at = start + timedelta(milliseconds=90 * number)
        said: dict[str, Any] = {"score": number, "agent": rng.choice(NAMED) if kind == "named" else agent}
        if kind in {"head", "head and get"}:
            yield Step(at, False, method="HEAD", **said)
        if kind != "head":
            yield Step(at + timedelta(milliseconds=40), False, ahead=kind == "prefetch", **said)


def person(rng: random.Random) -> Iterator[Step]:
    """A third click a score, minutes or hours after. Most of them press, some after another look or another number,
    some with words; some leave. Of one in ten a machine of the mailbox opens the link just before they do."""
    if rng.random() > 0.35:
        return
    at, agent, score = timedelta(minutes=rng.uniform(2, 600)), rng.choice(PEOPLE), rng.randrange(11)
    if rng.random() < 0.1:
        yield Step(at - timedelta(milliseconds=400), False, score, agent=rng.choice(HIDDEN))
    yield Step(at, True, score, agent=agent)
    if rng.random() < 0.1:
        at, score = at + timedelta(seconds=rng.uniform(3, 30)), rng.randrange(11)
        yield Step(at, True, score, agent=agent)
    if rng.random() < 0.85:
        given = score if rng.random() < 0.9 else rng.randrange(11)
        words = "The queue was long." if rng.random() < 0.3 else ""
        yield Step(at + timedelta(seconds=rng.uniform(4, 90)), True, agent=agent, press=given, words=words)


def run(world: World, *, mails: int, seed: int) -> dict[str, Any]:
    """Send `mails`, have it all happen, settle what is kept; the figures and what was promised."""
    rng, begun = random.Random(seed), timezone.now() - timedelta(hours=12)
    asked = _asked(world, mails, begun)
    pressed: dict[int, tuple[int, str]] = {}
    told: Counter[str] = Counter()
    truth: dict[int, bool] = {}
    for invitation in asked:
        steps = sorted([*machines(rng), *person(rng)])
        truth |= dict(_play(invitation, steps, begun, told, pressed))
    while settle_clicks(at=begun + timedelta(days=4)):
        pass
    stored = {row.invitation_id: (row.score, row.comment) for row in Response.objects.filter(invitation__in=asked)}
    return {**_figures(pressed, stored, truth), "requests": told.total(), "mails": mails}


def _asked(world: World, mails: int, begun: datetime) -> list[Invitation]:
    kept = make.version(program=bulk.program(), keep_clicks=True)
    rows = bulk.invitations(
        unit=world.harbour, customer=world.ines, number=mails, on=begun.date(), version=kept, created_at=begun,
        expires_at=begun + timedelta(days=30),
    )  # fmt: skip
    Message.objects.bulk_create(
        Message(invitation=row, state="handed_off", handed_off_at=begun, created_at=begun, due_at=begun) for row in rows
    )
    return rows


def _play(
    invitation: Invitation,
    steps: list[Step],
    begun: datetime,
    told: Counter[str],
    pressed: dict[int, tuple[int, str]],
) -> Iterator[tuple[int, bool]]:
    """Do the steps of one mail; each click that was kept, and whether it was a person's."""
    link, page = f"/s/{make.token(invitation)}/", None
    for step in steps:
        at, kept = begun + step.after, ProvisionalScore.objects.filter(invitation=invitation)
        before = set(kept.values_list("pk", flat=True))
        client = Client(headers={"User-Agent": step.agent, **({"Sec-Purpose": "prefetch"} if step.ahead else {})})
        told["steps"] += 1
        if step.press is None:
            query = "" if step.score is None else f"?score={step.score}"
            seen = client.generic(step.method, f"{link}{query}")
            assert seen.status_code in {200, 303}, seen.status_code
            page = seen if step.human else page
            for click in kept.exclude(pk__in=before):
                ProvisionalScore.objects.filter(pk=click.pk).update(at=at, since_hand_off=step.after)
                yield click.pk, step.human
            continue
        assert page is not None
        (nonce,) = _NONCE.findall(page.content.decode())
        sent = client.post(link, {"score": step.press, "nonce": nonce, "comment": step.words})
        assert sent.status_code == 303, sent.status_code
        Answer.objects.filter(response__invitation=invitation).update(at=at)
        pressed[invitation.pk] = (step.press, step.words)


def _figures(
    pressed: dict[int, tuple[int, str]], stored: dict[int, tuple[int | None, str]], truth: dict[int, bool]
) -> dict[str, Any]:
    judged = dict(ProvisionalScore.objects.filter(pk__in=truth).values_list("pk", "automatic"))
    flagged = {pk for pk, automatic in judged.items() if automatic}
    people = {pk for pk, human in truth.items() if human}
    seen = len(truth) - len(people)
    return {
        "pressed": len(pressed),
        "false_scores": len(stored.keys() - pressed.keys()),
        "kept": sum(stored.get(pk) == given for pk, given in pressed.items()),
        "clicks": len(truth),
        "of_people": len(people),
        "called_automatic": len(flagged),
        "precision": round(1 - len(flagged & people) / len(flagged), 4) if flagged else None,
        "recall": round(len(flagged - people) / seen, 4) if seen else None,
        "no_false_score": not stored.keys() - pressed.keys(),
        "every_press_kept": all(stored.get(pk) == given for pk, given in pressed.items()),
        "no_person_called_a_machine": not flagged & people,
        "all_settled": None not in judged.values(),
    }
