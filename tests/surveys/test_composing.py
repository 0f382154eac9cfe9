"""The mail that asks."""

import email
import json
import re
from email import policy
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.utils import timezone

from common.outbox import MustNotGo
from crm.models import Consent, ContactPoint, Suppression
from surveys.models import InvitationToken, LinkVisit, Response
from surveys.services.answering import find_invitation
from surveys.services.composing import compose_invitation
from tests.factories import surveys as make
from tests.world import NOW

SCANNERS = [
    "",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/42.0.2311.135 Edge/12.246 Mozilla/5.0",
    "BarracudaCentral/1.0 (+https://www.barracuda.com)",
    "Mozilla/5.0 (compatible; proofpoint)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
]


@pytest.fixture(autouse=True)
def company(settings):
    settings.COMPANY, settings.PUBLIC_URL, settings.MAIL_DOMAIN = "Alder & Quay", "https://care.example", "care.example"
    settings.DEFAULT_FROM_EMAIL = "feedback@care.example"


@pytest.fixture
def message(world):
    version = make.version(wording={"en": {}})
    return make.message(invitation=make.invitation(interaction=world.interaction, version=version))


def sent(message, at=NOW):
    """The mail as it arrives."""
    return email.message_from_bytes(compose_invitation(message, at=at).message().as_bytes(), policy=policy.default)


def html_of(mail) -> str:
    return str(mail.get_body(("html",)).get_content())


def links_of(mail) -> list[str]:
    return re.findall(r'href="([^"]+)"', html_of(mail)) + re.findall(
        r"https://\S+", mail.get_body(("plain",)).get_content()
    )


def test_it_has_a_written_text_and_html(message):
    mail = sent(message)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text = mail.get_body(("plain",)).get_content()
    assert "Dear Ines," in text
    assert "You were in touch with us on Monday 23 November." in text
    assert "Jonas at Harbour looked after you." in text
    assert "How likely are you to recommend Alder & Quay to a friend or colleague?" in text


def test_the_headers_are_those_of_a_list_that_one_click_leaves(message):
    mail = sent(message)
    invitation = message.invitation
    assert re.fullmatch(r"<https://care\.example/u/([\w-]{32})/>", mail["List-Unsubscribe"])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == f"<{invitation.program.code}.surveys.care.example>"
    assert mail["Feedback-ID"] == f"{invitation.program.code}:ask:survey:care.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "feedback@care.example"  # a mailbox that people read
    assert mail["X-NPS-Invitation"] == str(invitation.public_id)
    assert mail["Message-ID"] == message.message_id
    assert (mail["From"], mail["To"]) == ("Alder & Quay <feedback@care.example>", "ines@example.org")
    assert mail["Subject"] == "One short question from Alder & Quay"


def test_there_is_a_link_for_each_number_and_none_is_coloured(message):
    html = html_of(sent(message))
    buttons = re.findall(r'<td[^>]*height="46"[^>]*>.*?</td>', html)
    assert re.findall(r"\?score=(\d+)", "".join(buttons)) == [str(n) for n in range(11)]
    assert re.findall(r'aria-label="([^"]+)"', "".join(buttons)) == [f"Score {n} of 10" for n in range(11)]
    assert len({re.sub(r"\?score=\d+|of \d+|Score \d+|>\d+<", "", b) for b in buttons}) == 1
    assert all("line-height: 46px" in b for b in buttons)


def test_tables_are_for_layout_and_dark_mode_survives_the_inlining(message):
    html = html_of(sent(message))
    assert all('role="presentation"' in table for table in re.findall(r"<table[^>]*>", html))
    assert "@media (prefers-color-scheme:dark)" in html.replace(": ", ":")
    assert "<script" not in html
    assert "<img" not in html


def test_each_hand_off_issues_tokens_of_its_own(message):
    first, second = ({link.split("/")[4] for link in links_of(sent(message)) if "/s/" in link} for _ in range(2))
    assert len(first) == len(second) == 1
    assert first != second
    for token in first | second:
        assert find_invitation(token=token, purpose="survey", at=NOW) == message.invitation
    assert InvitationToken.objects.filter(purpose="unsubscribe").count() == 2


def test_no_token_is_kept(message):
    token = next(link for link in links_of(sent(message)) if "/s/" in link).split("/")[4]
    kept = json.dumps([list(InvitationToken.objects.values()), list(type(message).objects.values())], default=str)
    assert token not in kept


@pytest.mark.parametrize(
    ("language", "direction", "subject"),
    [
        ("fr", "ltr", "Alder & Quay : une courte question"),
        ("ar", "rtl", "سؤال قصير واحد من Alder & Quay"),
    ],
)
def test_it_speaks_the_language_of_the_packet(message, language, direction, subject):
    message.invitation.language = language
    mail = sent(message)
    assert mail["Subject"].strip() == subject
    assert f'<html lang="{language}" dir="{direction}">' in html_of(mail)


def test_a_program_writes_in_its_own_words(world):
    version = make.version(
        wording={"en": {"subject": "{given_name}, a word?", "question": "Would you send {friends}?"}}
    )
    mail = sent(make.message(invitation=make.invitation(interaction=world.interaction, version=version)))
    assert mail["Subject"] == "Ines, a word?"
    assert "Would you send {friends}?" in html_of(mail)


class Elements(HTMLParser):
    """The names of the elements that a mail reader would build."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.names.add(tag)


HOSTILE = "Ines\r\nBcc: thief@example.net,<script>alert(1)</script>;"


def test_no_name_breaks_out_of_its_place(world, settings):
    settings.COMPANY = HOSTILE
    version = make.version(wording={"en": {"subject": "{given_name}" + HOSTILE}})
    invitation = make.invitation(interaction=world.interaction, version=version)
    invitation.packet["customer"]["given_name"] = invitation.packet["unit"]["name"] = HOSTILE
    mail = compose_invitation(make.message(invitation=invitation), at=NOW)
    assert mail.recipients() == ["ines@example.org"]
    arrived = email.message_from_bytes(mail.message().as_bytes(), policy=policy.default)
    assert arrived["Bcc"] is None
    assert arrived["From"].addresses[0].addr_spec == "feedback@care.example"
    assert "script" not in Elements(html_of(arrived)).names


@pytest.mark.parametrize("address", ["ines@example.org\nBcc: x@example.net", "ines", "a@b.c, d@e.f", ""])
def test_an_address_that_is_none_is_not_written_to(message, address):
    message.contact_point.address = address
    with pytest.raises(MustNotGo):
        compose_invitation(message, at=NOW)


def test_without_an_address_nothing_goes(message):
    ContactPoint.objects.all().delete()
    message.refresh_from_db()
    with pytest.raises(MustNotGo):
        compose_invitation(message, at=NOW)


def bots() -> list[str]:
    shared = Path(__file__).resolve().parents[3] / "shared/data/bot_user_agents/crawler-user-agents.json"
    known = json.loads(shared.read_text()) if shared.exists() else []
    return SCANNERS + [agent for entry in known[::50] for agent in entry["instances"][:1]]


def test_scanners_that_open_every_link_record_nothing(client, message, settings):
    mail = sent(message, at=timezone.now())  # the links are good for a time
    paths = sorted({link.removeprefix(settings.PUBLIC_URL) for link in links_of(mail)})
    assert len(paths) == 14  # eleven numbers, the plain link, the customer's own page, unsubscribe
    for agent in bots():
        for path in paths:
            headers = {"User-Agent": agent, "Sec-Purpose": "prefetch"}
            assert {call(path, headers=headers).status_code for call in (client.get, client.head)} == {200}
    assert [kind.objects.count() for kind in (Response, Suppression, Consent)] == [0, 0, 0]
    assert LinkVisit.objects.count() == min(200, 2 * 12 * len(bots()))  # of an invitation no more are kept
