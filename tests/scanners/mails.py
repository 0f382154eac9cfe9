"""The mails of the run, composed as they are sent, with every address that stands in them; and printed links."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from surveys.models import Invitation, Message, ProgramVersion, PublicLink
from surveys.services.composing import compose_invitation
from surveys.services.public_links.making import make_link
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.mailbox import links_of, ours
from tests.scanners.plans import Links
from tests.world import World

QUESTIONS = [{"code": "ease", "kind": "effort"}, {"code": "heard", "kind": "first_heard"}]
WORDING = {"en": {"question": "Likely?", "ease": "How easy was it?"}, "fr": {}, "ar": {}}


def asking() -> ProgramVersion:
    """Keeps clicks, reminds once, asks further questions."""
    return make.version(keep_clicks=True, reminder_days=[5], questions=QUESTIONS, wording=WORDING)


def asked(world: World, version: ProgramVersion, number: int, *, at: datetime) -> Iterator[Message]:
    """The questions that were handed off at `at`, each to a customer of its own."""
    for count in range(number):
        customer = make_crm.customer(email=f"scanned-{count}@example.org", unit=world.harbour)
        visit = make_crm.interaction(kind=world.visit, customer=customer, unit=world.harbour, occurred_at=at)
        fields = {"created_at": at, "expires_at": at + timedelta(days=30)}
        invitation = make.invitation(interaction=visit, version=version, **fields)
        yield handed_off(invitation, "ask", at=at)


def handed_off(invitation: Invitation, kind: str, *, at: datetime) -> Message:
    return make.message(
        invitation=invitation, kind=kind, state="handed_off", handed_off_at=at, created_at=at, due_at=at,
        message_id=f"<{kind}.{invitation.pk}@test>",
    )  # fmt: skip


def links_in(message: Message, *, at: datetime) -> Links:
    """All that leads to this house from the mail that is composed of `message`."""
    mail = compose_invitation(message, at=at).message()
    paths = [_path(link) for link in ours(links_of(mail))]
    scores = {int(parse_qs(urlsplit(path).query)["score"][0]): path for path in paths if "?score=" in path}
    (survey,) = {path.partition("?")[0] for path in scores.values()}
    (stop,) = {path for path in paths if path.startswith("/u/")}
    (own,) = {path for path in paths if path.startswith("/me/")}
    return Links(scores, survey, stop, own, tuple(paths))


def _path(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def printed(world: World, version: ProgramVersion, *, at: datetime) -> list[PublicLink]:
    """On a poster, on a card, on a tablet."""
    kinds = ("link", "link", "kiosk")
    return [
        make_link(
            program=version.program, unit=world.harbour, place=f"Place {number}", kind=kind, at=at,
            **({"idle_seconds": 60} if kind == "kiosk" else {}),
        )
        for number, kind in enumerate(kinds)
    ]  # fmt: skip
