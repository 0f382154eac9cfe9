"""What machines and people do with one mail, drawn by chance: a step is one call, with the moment that it has in the
plan."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

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
FURTHER = {"ease": "4", "heard": "referral"}
LANGUAGES = ("fr", "ar", "en")


@dataclass(frozen=True)
class Links:
    """The addresses in a mail, as paths of this house: of each score, and all there are."""

    scores: Mapping[int, str]
    survey: str
    stop: str
    own: str
    every: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A call after the hand-off: of a person or a machine. `press`: what is sent with the button of the page that was
    opened; `follow`: the links of that page are opened too."""

    after: timedelta
    path: str
    human: bool = False
    method: str = "GET"
    agent: str = CHROME
    ahead: bool = False
    follow: bool = False
    press: str = ""  # "score", "further", "stop", "own"
    said: Mapping[str, Any] = field(default_factory=dict)


def machines(rng: random.Random, links: Links) -> Iterator[Step]:
    """What the machines of a mailbox do on arrival; nothing in two of five."""
    kind = rng.choice(["none", "none", "named", "hidden", "head", "head and get", "prefetch", "one", "late"])
    start, agent = timedelta(seconds=rng.uniform(1, 40)), rng.choice(HIDDEN)
    if kind == "none":
        return
    if kind == "one":  # a sandbox that opens one link of a mail, at once
        yield Step(timedelta(seconds=rng.uniform(0.2, 4)), rng.choice(links.every), agent=agent)
        return
    if kind == "late":  # a sweep of what was delivered, hours after
        start = timedelta(hours=rng.uniform(1, 9))
    for number, path in enumerate(links.every):
        at = start + timedelta(milliseconds=90 * number)
        name = rng.choice(NAMED) if kind == "named" else agent
        if kind in {"head", "head and get"}:
            yield Step(at, path, method="HEAD", agent=name)
        if kind != "head":
            later = at + timedelta(milliseconds=40)
            yield Step(later, path, agent=name, ahead=kind == "prefetch", follow=kind == "hidden")


def person(rng: random.Random, links: Links) -> Iterator[Step]:
    """A third click a score, minutes or hours after. Most of them press, some after another look or another number,
    some with words and some with further answers; some leave. Of one in ten a machine of the mailbox opens the link
    just before they do. Of the others a few unsubscribe, and a few change something on their own page."""
    at, agent, score = timedelta(minutes=rng.uniform(2, 600)), rng.choice(PEOPLE), rng.randrange(11)
    luck = rng.random()
    if luck < 0.35:
        if rng.random() < 0.1:
            yield Step(at - timedelta(milliseconds=400), links.scores[score], agent=rng.choice(HIDDEN))
        yield Step(at, links.scores[score], human=True, agent=agent)
        if rng.random() < 0.1:
            at, score = at + timedelta(seconds=rng.uniform(3, 30)), rng.randrange(11)
            yield Step(at, links.scores[score], human=True, agent=agent)
        if rng.random() < 0.85:
            yield from _presses(rng, links, at, agent, score)
    elif luck < 0.41:
        yield Step(at, links.stop, human=True, agent=agent)
        yield Step(at + timedelta(seconds=5), links.stop, human=True, agent=agent, press="stop")
    elif luck < 0.47:
        said = {"what": "language", "language": rng.choice(LANGUAGES)}
        yield Step(at, links.own, human=True, agent=agent)
        yield Step(at + timedelta(seconds=20), links.own, human=True, agent=agent, press="own", said=said)


def _presses(rng: random.Random, links: Links, at: timedelta, agent: str, score: int) -> Iterator[Step]:
    given = score if rng.random() < 0.9 else rng.randrange(11)
    words = "The queue was long." if rng.random() < 0.3 else ""
    at += timedelta(seconds=rng.uniform(4, 90))
    said: dict[str, Any] = {"score": given, "comment": words}
    yield Step(at, links.survey, human=True, agent=agent, press="score", said=said)
    if rng.random() < 0.4:
        at += timedelta(seconds=30)
        yield Step(at, links.survey, human=True, agent=agent, press="further", said=FURTHER)
