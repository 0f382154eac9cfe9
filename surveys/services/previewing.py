"""What a customer would read of a version, for who designs it: with a sample packet, and nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from crm.models import OrgUnit
from surveys.models import Invitation, Message, ProgramVersion, PublicLink, Response
from surveys.questionnaire.asking import pages_of
from surveys.questionnaire.questions import CATEGORIES, OF_SOMEBODY, Question, questions_of
from surveys.scoring import category
from surveys.versions.kinds import ASKING

SCORES = {"promoter": 9, "passive": 7, "detractor": 3}
CHANNELS = {"mail": "E-mail", "link": "Public link", "tablet": "Tablet"}  # by which customers meet with a version
CLICKED = "score-clicked"
NAMES = {"given_name": "[given name]", "unit": "[branch]", "employee": "[employee]", "product": "[product]"}


@dataclass(frozen=True)
class Page:
    """One thing to look at: `name` is its address; `step_told`: at which step of the survey it is met with; `which`:
    what tells it from others of that step; `category`: who meets with it (empty: everybody); `number`: which page of
    further questions, or which mail."""

    name: str
    step_told: str
    which: str = ""
    category: str = ""
    number: int = 0

    @property
    def title(self) -> str:
        return f"{self.step_told}: {self.which}" if self.which else self.step_told

    @property
    def is_mail(self) -> bool:
        return self.name.startswith("mail-")

    @property
    def is_text(self) -> bool:
        """Of a mail what mail programs show beside its page, or instead of it: the subject and the words alone."""
        return self.is_mail and self.name.endswith("-text")

    @property
    def is_clicked(self) -> bool:
        """The page to which a number in the mail leads."""
        return self.name == CLICKED

    @property
    def channel(self) -> str:
        first = self.name.partition("-")[0]
        return first if first in CHANNELS else "mail"

    @property
    def step(self) -> str:
        return self.name.removeprefix(f"{self.channel}-").partition("-")[0]


def pages(version: ProgramVersion, channel: str = "mail") -> list[Page]:
    """All that is met with by one of CHANNELS, in that order: the mail and every page, or every page of a public link,
    where nobody is asked what only a person can say."""
    questions = questions_by(version, channel)
    if channel == "mail":
        score = [Page("score", "The score"), Page(CLICKED, "The score", "after a click on a number in the mail")]
        asked = [*_mails(version), *score, *_by_category(version, questions)]
        return [*asked, Page("callback", "Permissions"), *_thanks(version)]
    met = [Page("score", "The score"), *_by_category(version, questions), Page("thanks", "The end")]
    return [replace(page, name=f"{channel}-{page.name}") for page in met]


def questions_by(version: ProgramVersion, channel: str) -> list[Question]:
    """Further questions that are asked by that one of CHANNELS."""
    everybody = channel != "mail"
    return [one for one in questions_of(version.questions) if not everybody or one.kind not in OF_SOMEBODY]


def _mails(version: ProgramVersion) -> Iterator[Page]:
    if version.program.kind not in ASKING:
        return
    titles = ["The mail", "The reminder", "The second reminder"][: 1 + len(version.reminder_days)]
    for number, title in enumerate(titles):
        yield Page(f"mail-{number}", title, number=number)
        yield Page(f"mail-{number}-text", title, "its subject, and its words as plain text", number=number)


def _categories(version: ProgramVersion) -> tuple[str, ...]:
    return CATEGORIES if (version.scale_min, version.scale_max) == (0, 10) else ("",)


def _by_category(version: ProgramVersion, questions: Sequence[Question]) -> Iterator[Page]:
    """A step after the other, at each of them who meets with it."""
    kinds = _categories(version)
    yield from (Page(f"why-{kind}", "The reason", _whose(kind), kind) for kind in kinds)
    met = [(number, kind) for kind in kinds for number, _ in enumerate(pages_of(questions, category=kind))]
    for number, kind in sorted(met, key=lambda page: page[0]):
        hang = " that hang on earlier answers" if number == 1 else f" that hang on those of page {number}"
        title = f"Further questions{hang if number else ''}"
        yield Page(f"more-{kind}-{number}", title, _whose(kind), kind, number)


def _thanks(version: ProgramVersion) -> Iterator[Page]:
    yield from (Page(f"thanks-{kind}", "The end", _whose(kind), kind) for kind in _categories(version))


def _whose(category: str) -> str:
    return f"{category}s" if category else ""


def steps(shown: Sequence[Page]) -> list[tuple[str, list[Page]]]:
    """Pages of one step together, with what it is called: they are looked at side by side."""
    return [(step, list(found)) for step, found in groupby(shown, key=lambda page: page.step_told)]


def sample(version: ProgramVersion, page: Page, *, language: str, at: datetime) -> Invitation:
    """An invitation that is not stored, and behind the page of the score its answer, of the page's category."""
    packet = {
        "customer": {"given_name": NAMES["given_name"]},
        "interaction": {"occurred_at": (at - timedelta(days=1)).isoformat(), "product": NAMES["product"]},
        "unit": {"name": NAMES["unit"]},
        "employee": {"name": NAMES["employee"]},
    }
    invitation = Invitation(
        version=version, program=version.program, unit=OrgUnit(name=NAMES["unit"]), language=language, packet=packet,
        created_at=at, expires_at=at + timedelta(days=version.expiry_days),
    )  # fmt: skip
    score = SCORES.get(page.category, version.scale_max)
    response = None if page.step == "score" else Response(
        version=version, score=score, scale_min=version.scale_min, scale_max=version.scale_max,
        category=category(score, low=version.scale_min, high=version.scale_max) or "", answered_at=at, updated_at=at,
    )  # fmt: skip
    Invitation._meta.get_field("response").set_cached_value(invitation, response)
    return invitation


def sample_link(channel: str) -> PublicLink:
    """One that is not stored, and leads nowhere."""
    kind = PublicLink.Kind.KIOSK if channel == "tablet" else PublicLink.Kind.LINK
    return PublicLink(code="preview", unit=OrgUnit(name=NAMES["unit"]), kind=kind)


def sample_message(invitation: Invitation, *, number: int) -> Message:
    """The question (0), or a reminder of it."""
    return Message(invitation=invitation, kind=list(Message.Kind)[number])
