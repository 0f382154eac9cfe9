"""Has it all happen: requests go through the pages one after the other, and then each row gets the moment that it has
in the plan, in which mails are read over hours and reminders come days later."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from surveys.models import Answer, Invitation, ProvisionalScore, PublicLink
from surveys.services.clicking import settle_clicks
from tests.mailbox import links_in as links_in_page
from tests.scanners import mails as _mails
from tests.scanners import plans
from tests.scanners.judging import Truth, judge
from tests.scanners.plans import FURTHER, Step
from tests.world import World

REMINDED = timedelta(days=5)
_NONCE = re.compile('name="nonce" value="([^"]+)"')
_KEY = re.compile('name="key" value="([^"]+)"')
_SHOWN = re.compile('name="shown" value="([^"]+)"')


_networks = count(1)


def _client(step: Step) -> Client:
    """From a network of its own, as every mailbox and every person is: a /24 is a neighborhood."""
    number = next(_networks)
    ahead = {"Sec-Purpose": "prefetch"} if step.ahead else {}
    address = f"{20 + number // 65_536 % 100}.{number // 256 % 256}.{number % 256}.1"
    return Client(headers={"User-Agent": step.agent, **ahead}, REMOTE_ADDR=address)


def run(world: World, *, mails: int, seed: int) -> dict[str, Any]:
    """Send `mails` and their reminders, have it all happen, settle what is kept; the figures and what was promised."""
    rng, begun, truth = random.Random(seed), timezone.now() - timedelta(days=8), Truth()
    version = _mails.asking()
    invitations = []
    for message in _mails.asked(world, version, mails, at=begun):
        _one(rng, message, begun, truth)
        invitations.append(message.invitation)
    for invitation in _silent(invitations, truth):
        _one(rng, _mails.handed_off(invitation, "reminder", at=begun + REMINDED), begun + REMINDED, truth)
    for link in _mails.printed(world, version, at=begun):
        _pass_by(rng, link, truth, max(mails // 10, 3))
    while settle_clicks(at=begun + timedelta(days=12)):
        pass
    return judge(truth, invitations) | {"mails": mails, "requests": truth.opened.total()}


def _silent(invitations: list[Invitation], truth: Truth) -> Iterable[Invitation]:
    """Who has neither answered nor unsubscribed is reminded."""
    return [row for row in invitations if row.pk not in truth.pressed and row.pk not in truth.stopped]


def _one(rng: random.Random, message: Any, begun: datetime, truth: Truth) -> None:
    links = _mails.links_in(message, at=begun)
    steps = sorted([*plans.machines(rng, links), *plans.person(rng, links)], key=lambda step: step.after)
    page: Any = None
    for step in steps:
        if step.press:
            _press(message.invitation, step, page, begun, truth)
            continue
        seen = _open(message.invitation, step, begun, truth)
        page = seen if step.human else page


def _open(invitation: Invitation, step: Step, begun: datetime, truth: Truth) -> Any:
    """A GET or HEAD; clicks that it left get their moment."""
    kept = ProvisionalScore.objects.filter(invitation=invitation)
    before, client = set(kept.values_list("pk", flat=True)), _client(step)
    seen = client.generic(step.method, step.path)
    assert seen.status_code in {200, 302, 303}, (step.path, seen.status_code)
    if not step.human:
        truth.opened[f"{step.method} {step.path.split('/')[1]}"] += 1
    for click in kept.exclude(pk__in=before):
        ProvisionalScore.objects.filter(pk=click.pk).update(at=begun + step.after, since_hand_off=step.after)
        truth.human[click.pk] = step.human
    if step.follow:
        _follow(client, seen, truth)
    return seen


def _follow(client: Client, seen: Any, truth: Truth) -> None:
    """What a browser without hands does with a page: it opens whatever leads on from there within this house."""
    ahead = [link for link in links_in_page(seen.content.decode()) if re.match(r"/(s|u|me)/", link)]
    for link in dict.fromkeys(ahead):
        assert client.get(link).status_code in {200, 302, 303}, link
        truth.opened[f"GET {link.split('/')[1]}, from a page"] += 1


def _press(invitation: Invitation, step: Step, page: Any, begun: datetime, truth: Truth) -> None:
    client, said = _client(step), dict(step.said)
    if step.press == "score":
        sent = client.post(step.path, {**said, "nonce": _only(_NONCE, page)})
        truth.pressed[invitation.pk] = said
        Answer.objects.filter(response__invitation=invitation).update(at=begun + step.after)
    elif step.press == "further":
        shown = client.get(f"{step.path}more/")
        sent = client.post(
            f"{step.path}more/", {"nonce": _only(_NONCE, shown), "shown": _SHOWN.findall(shown.text), **FURTHER}
        )
        truth.pressed[invitation.pk] = {**truth.pressed[invitation.pk], "further": FURTHER}
        Answer.objects.filter(response__invitation=invitation).update(at=begun + step.after)
    elif step.press == "stop":
        sent = client.post(step.path)
        truth.stopped.add(invitation.pk)
    else:
        sent = client.post(f"{step.path}change/", {**said, "nonce": _only(_NONCE, page)})
        truth.wished[invitation.customer_id] = said["language"]
    assert sent.status_code in {200, 303}, (step.press, sent.status_code)


def _only(pattern: re.Pattern[str], page: Any) -> str:
    return str(pattern.findall(page.content.decode())[0])


def _pass_by(rng: random.Random, link: PublicLink, truth: Truth, visits: int) -> None:
    """Machines look at the link, people answer by it."""
    path = f"/a/{link.code}/"
    for number in range(visits):
        step = Step(timedelta(), path, agent=rng.choice(plans.NAMED), method=("GET", "HEAD")[number % 2])
        client = _client(step)
        for look in (path, f"{path}?lang=fr", f"{path}?score=9", f"{path}thanks/"):
            assert client.generic(step.method, look).status_code in {200, 303}, look
            truth.opened[f"{step.method} a"] += 1
        if number % 3 == 0:
            person, score = _client(Step(timedelta(), path, agent=rng.choice(plans.PEOPLE))), rng.randrange(11)
            sent = person.post(path, {"key": _only(_KEY, person.get(path)), "score": score})
            assert sent.status_code == 303, sent.status_code
            truth.passed_by.append(score)
            assert _client(step).get(sent["Location"]).status_code == 200  # a machine opens the address it is at
