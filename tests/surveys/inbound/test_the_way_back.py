"""The addresses to which a mail comes back, and the headers that carry them."""

import email
import json
import re
from email import policy
from pathlib import Path

import pytest
from django.test import Client

from crm.models import Consent
from surveys.services.composing import compose_invitation
from surveys.services.inbound.return_addresses import Purpose, return_address, ticket_of, token_of
from tests.factories import surveys as make
from tests.world import NOW

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "data" / "integration_vectors" / "rfc8058.json"


def test_a_mail_carries_an_address_for_each_way_back(message, settings):
    settings.PUBLIC_URL, settings.DEFAULT_FROM_EMAIL = "https://care.example", "feedback@care.example"
    mail = compose_invitation(message, at=NOW)
    bounce, reply, stop = (return_address(purpose, message) for purpose in Purpose)
    assert mail.from_email == bounce
    assert all(len(address.partition("@")[0]) <= 64 for address in (bounce, reply, stop))
    raw = mail.message().as_bytes(linesep="\r\n")
    lines = dict(line.split(": ", 1) for line in raw.decode().split("\r\n\r\n")[0].split("\r\n"))
    assert lines["From"] == "Your company <feedback@care.example>"
    assert lines["Reply-To"] == reply
    assert re.fullmatch(
        rf"<https://care\.example/u/[\w-]{{32}}/>,<mailto:{re.escape(stop)}\?subject=unsubscribe>",
        lines["List-Unsubscribe"],  # on one line: folded headers have broken signatures
    )
    assert lines["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert raw.count(b"List-Unsubscribe-Post:") == 1


def test_without_a_domain_to_come_back_to_replies_go_to_the_sender(message, settings):
    settings.INBOUND_DOMAIN = ""
    mail = compose_invitation(message, at=NOW)
    assert (mail.from_email.partition("<")[2], mail.reply_to) == (
        f"{settings.DEFAULT_FROM_EMAIL}>",
        [settings.DEFAULT_FROM_EMAIL],
    )
    assert "mailto" not in mail.extra_headers["List-Unsubscribe"]


def test_a_provider_keeps_the_return_path_and_carries_the_token(message, settings):
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    mail = compose_invitation(message, at=NOW)
    assert mail.from_email.endswith(f"<{settings.DEFAULT_FROM_EMAIL}>")
    assert mail.metadata == {"message": token_of(Purpose.BOUNCE, message)}
    assert (mail.track_clicks, mail.track_opens) == (False, False)


@pytest.mark.parametrize("purpose", Purpose)
def test_an_address_says_which_message_it_is_about_in_any_case_of_letters(message, purpose):
    reminder = make.message(invitation=message.invitation, kind="reminder")
    for about in (message, reminder):
        ticket = ticket_of(["x@y.example", return_address(purpose, about).upper()])
        assert ticket == (purpose, message.invitation.public_id, about.kind)


def test_no_address_can_be_made_from_another(message):
    token = return_address(Purpose.REPLY, message).partition("@")[0].removeprefix("reply+")
    other = "b" if token[0] == "a" else "a"
    tampered = [token[:-6] + "aaaaaa", other + token[1:], token[:-1], token + "a", "é" * 53, ""]
    assert [ticket_of([f"reply+{word}@back.example"]) for word in tampered] == [None] * 6
    assert ticket_of([f"bounce+{token}@back.example"]) is None
    assert ticket_of([f"stop+{token}@back.example"]) is None


def test_a_token_stays_good_when_the_key_is_rotated(message, settings):
    address = return_address(Purpose.BOUNCE, message)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    assert ticket_of([address]) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert ticket_of([address]) is not None


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.exists(), reason="../shared/data/integration_vectors is not here")
@pytest.mark.parametrize("inbound", ["back.example", ""])
def test_clients_read_our_header_as_the_vectors_of_rfc_8058_do(message, settings, inbound):
    """The cases say what a client makes of a pair of headers; ours is read by the same rules."""
    cases = json.loads(VECTORS.read_text())["parse_cases"]
    assert [reading(case["list_unsubscribe"], case["list_unsubscribe_post"]) for case in cases] == [
        case["expected"] for case in cases
    ]
    settings.PUBLIC_URL, settings.INBOUND_DOMAIN = "https://care.example", inbound
    mail = email.message_from_bytes(compose_invitation(message, at=NOW).message().as_bytes(), policy=policy.default)
    ours = reading(str(mail["List-Unsubscribe"]), str(mail["List-Unsubscribe-Post"]))
    assert ours["kind"] == "OneClick"
    assert ours["url"].startswith("https://care.example/u/")


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.exists(), reason="../shared/data/integration_vectors is not here")
@pytest.mark.parametrize("multipart", [False, True])
def test_the_request_of_rfc_8058_to_the_address_in_our_header_is_enough(message, settings, multipart):
    """As a provider sends it: no cookie, no page before it, Django's CSRF check in force."""
    head, _, body = json.loads(VECTORS.read_text())["request_example"].partition("\r\n\r\n")
    sent = {"content_type": re.search(r"Content-Type: (\S+)", head)[1], "data": body}
    settings.PUBLIC_URL = "https://care.example"
    mail = email.message_from_bytes(compose_invitation(message, at=NOW).message().as_bytes(), policy=policy.default)
    url = reading(str(mail["List-Unsubscribe"]), str(mail["List-Unsubscribe-Post"]))["url"]
    path, stranger = url.removeprefix("https://care.example"), Client(enforce_csrf_checks=True)
    assert [stranger.get(path).status_code, stranger.head(path).status_code] == [200, 200]
    assert not Consent.objects.exists()
    answer = stranger.post(path, **({"data": dict([body.split("=")])} if multipart else sent))
    assert (answer.status_code, answer.cookies) == (200, {})
    consent = Consent.objects.get()
    assert (consent.customer, consent.purpose, consent.granted) == (message.invitation.customer, "survey", False)
    assert stranger.post(f"{path[:-2]}/", **sent).status_code == 404  # the address alone says whom and what


def reading(header: str, post: str | None) -> dict[str, str]:
    uris = re.findall(r"<([^>]+)>", header)
    web = next(("https" + uri[5:] for uri in uris if uri.lower().startswith("https://")), None)
    if web:
        one_click = (post or "").strip().lower() == "list-unsubscribe=one-click"
        return {"kind": "OneClick" if one_click else "HttpLink", "url": web}
    mail = next((uri for uri in uris if uri.lower().startswith("mailto:")), None)
    return {"kind": "Mailto", "address": mail[7:]} if mail else {"kind": "None"}
