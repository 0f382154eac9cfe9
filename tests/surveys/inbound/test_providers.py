"""Webhooks of mail providers over HTTP: what is signed is stored once and judged, what is not is refused (R-23)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.test import Client, RequestFactory
from django.utils import timezone

from common.signing import shown, signature
from crm.models import Consent, Suppression
from surveys.channels import providers
from surveys.models import InboundMail, Response
from surveys.services.inbound.judging import hear
from surveys.services.inbound.return_addresses import Purpose, return_address, token_of
from tests.surveys.inbound.mails import delivery_report, written

CASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "esp_webhooks" / "anymail_webhook_cases.json"
SVIX, KEY = secrets.token_bytes(24), "key-of-mailgun"
POSTAL = rsa.generate_private_key(public_exponent=65537, key_size=1024)
LOGIN = {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(b"shop:keeper").decode()}
Post = tuple[Any, dict[str, Any]]  # body, and what else goes into the request


@pytest.fixture(autouse=True)
def set_up(settings):
    pem = POSTAL.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    settings.INBOUND_PROVIDERS = list(providers.PROVIDERS)
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": "shop:keeper",
        "MAILERSEND_SIGNING_SECRET": "sent",
        "MAILGUN_WEBHOOK_SIGNING_KEY": KEY,
        "MANDRILL_WEBHOOK_KEY": "mandrill",
        "POSTAL_WEBHOOK_KEY": "".join(pem.decode().splitlines()[1:-1]),
        "RESEND_SIGNING_SECRET": shown(SVIX),
    }


def as_json(body: Any, **headers: str) -> Post:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw, {"content_type": "application/json", **LOGIN, **headers}


def by_mailersend(body: Any) -> Post:
    raw = json.dumps(body).encode()
    return as_json(raw, HTTP_SIGNATURE=hmac.new(b"sent", raw, hashlib.sha256).hexdigest())


def by_mailgun(body: Any, *, at: float | None = None, token: str = "", key: str = KEY) -> Post:
    when, token = str(int(time.time() if at is None else at)), token or secrets.token_hex(20)
    signed = hmac.new(key.encode(), f"{when}{token}".encode(), hashlib.sha256).hexdigest()
    signature_of = {"timestamp": when, "token": token, "signature": signed}
    if "event-data" in body:
        return as_json({**body, "signature": signature_of})
    return {**body, **signature_of}, LOGIN


def by_mandrill(body: Any) -> Post:
    events = json.dumps(body)
    signed = f"http://shop:keeper@testserver/hooks/mail/mandrill/tracking/mandrill_events{events}"
    digest = base64.b64encode(hmac.new(b"mandrill", signed.encode(), hashlib.sha1).digest()).decode()
    return {"mandrill_events": events}, {**LOGIN, "HTTP_X_MANDRILL_SIGNATURE": digest}


def by_postal(body: Any) -> Post:
    raw = json.dumps(body).encode()
    signed = base64.b64encode(POSTAL.sign(raw, padding.PKCS1v15(), hashes.SHA1())).decode()
    return as_json(raw, HTTP_X_POSTAL_SIGNATURE=signed)


def by_resend(body: Any, *, at: float | None = None, name: str = "msg_1", key: bytes = SVIX) -> Post:
    raw, when = json.dumps(body).encode(), int(time.time() if at is None else at)
    signed = signature(key, message_id=name, at=datetime.fromtimestamp(when, UTC), body=raw)
    return as_json(raw, HTTP_SVIX_ID=name, HTTP_SVIX_TIMESTAMP=str(when), HTTP_SVIX_SIGNATURE=signed)


SIGNED: dict[str, Callable[..., Post]] = {
    "mailersend": by_mailersend,
    "mailgun": by_mailgun,
    "mandrill": by_mandrill,
    "postal": by_postal,
    "resend": by_resend,
}


def signed(provider: str, body: Any, **how: Any) -> Post:
    return SIGNED.get(provider, as_json)(body, **how)


def call(provider: str, post: Post, part: str = "tracking") -> int:
    body, rest = post
    return Client(enforce_csrf_checks=True).post(f"/hooks/mail/{provider}/{part}/", body, **rest).status_code


def bounced(message: Any, **more: Any) -> dict[str, Any]:
    """As Mailgun tells it."""
    return {
        "event-data": {
            "event": "failed", "severity": "permanent", "reason": "bounce", "recipient": "ines@example.org",
            "id": "event-1", "timestamp": 1534110422.389832,
            "user-variables": {"message": token_of(Purpose.BOUNCE, message)},
            "delivery-status": {"code": 550, "message": "5.1.1 no such user"}, **more,
        }
    }  # fmt: skip


def test_a_signed_notice_of_a_bounce_gives_the_address_up(message):
    assert call("mailgun", by_mailgun(bounced(message))) == 200
    row = InboundMail.objects.get()
    assert (row.form, row.source, row.judged_at) == ("notice", "mailgun", None)
    hear(at=timezone.now())
    row.refresh_from_db()
    assert (row.verdict, row.status, row.message) == ("bounce", "5.1.1", message)
    assert Suppression.objects.get().reason == "bounced"


@pytest.mark.parametrize("by", [by_mailgun, by_resend], ids=["mailgun", "resend"])
@pytest.mark.parametrize("wrong", ["signature", "301 s old", "301 s ahead"])
def test_what_is_not_signed_or_not_in_time_is_refused_and_not_kept(message, by, wrong):
    how = {
        "signature": {"key": b"wrong" * 6 if by is by_resend else "wrong"},
        "301 s old": {"at": time.time() - 301},
        "301 s ahead": {"at": time.time() + 302},
    }[wrong]
    body = bounced(message) if by is by_mailgun else {"type": "email.bounced", "data": {"to": ["ines@example.org"]}}
    assert call(by.__name__.removeprefix("by_"), by(body, **how)) == 400
    assert not InboundMail.objects.exists()


@pytest.mark.parametrize("provider", [*providers.PROVIDERS])
def test_nothing_is_taken_without_its_secret(db, settings, provider):
    body, rest = as_json({}) if provider != "mandrill" else ({"mandrill_events": "[]"}, {})
    post = body, {name: said for name, said in rest.items() if name != "HTTP_AUTHORIZATION"}
    assert call(provider, post) == 400
    settings.ANYMAIL = {}
    assert [call(provider, post), call(provider, post, "inbound")] == [404, 404]
    assert not InboundMail.objects.exists()


def test_what_is_not_set_up_is_not_there(db, settings):
    settings.INBOUND_PROVIDERS = ["mailgun"]
    paths = ["postmark/tracking", "mailgun/other", "nobody/tracking", "resend/inbound"]
    assert [Client().post(f"/hooks/mail/{path}/").status_code for path in paths] == [404] * 4
    assert Client().head("/hooks/mail/mailgun/tracking/").status_code == 200
    assert Client().get("/hooks/mail/mailgun/tracking/").status_code == 405


def test_a_replay_is_a_yes_that_changes_nothing_even_with_another_body(message):
    """Mailgun signs no body: who has caught one request could name anybody in it."""
    for more in ({}, {}, {"recipient": "somebody@else.example", "user-variables": {}}):
        assert call("mailgun", by_mailgun(bounced(message, **more), token="once")) == 200
    assert InboundMail.objects.count() == 1
    assert call("mailgun", by_mailgun(bounced(message))) == 200  # told a second time
    assert InboundMail.objects.count() == 2
    hear(at=timezone.now())
    assert Suppression.objects.count() == 1


def test_the_order_of_notices_does_not_matter(message):
    delivered = {"event-data": {**bounced(message)["event-data"], "event": "delivered", "id": "event-0"}}
    assert [call("mailgun", by_mailgun(body)) for body in (bounced(message), delivered)] == [200, 200]
    hear(at=timezone.now())
    assert (InboundMail.objects.count(), Suppression.objects.count()) == (1, 1)


def test_a_notice_without_our_token_is_about_the_last_message_to_its_address(message, world):
    said = {"RecordType": "SpamComplaint", "ID": 7, "Type": "SpamComplaint", "Email": "Ines@Example.org", "Tag": ""}
    assert call("postmark", as_json(said)) == 200
    assert call("postmark", as_json({**said, "ID": 8, "Email": "nobody@example.org"})) == 200
    hear(at=timezone.now())
    assert list(InboundMail.objects.order_by("pk").values_list("verdict", flat=True)) == ["complaint", "unknown"]
    assert Suppression.objects.get().reason == "complained"
    assert Consent.objects.get().customer == world.ines


def test_a_mail_that_a_provider_passes_on_goes_the_way_of_all_mail(message):
    raw = written("care@care.example", "8 - all good").decode()
    passed_on = {"RawEmail": raw, "OriginalRecipient": return_address(Purpose.REPLY, message), "MessageID": "1"}
    assert call("postmark", as_json(passed_on), "inbound") == 200
    report = {
        "id": 1,
        "rcpt_to": return_address(Purpose.BOUNCE, message),
        "message": delivery_report("x@y.example").decode(),
    }
    assert call("postal", by_postal(report), "inbound") == 200
    hear(at=timezone.now())
    assert list(InboundMail.objects.order_by("pk").values_list("verdict", flat=True)) == ["reply", "bounce"]
    assert (Response.objects.get().comment, Suppression.objects.count()) == ("8 - all good", 1)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b'"x"', b"\xff", b'{"event-data": 3}', b'{"signature": {}}',
             b"[" * 100_000, b'{"signature": {"timestamp": "%s"}}' % (b"9" * 400)],
    ids=lambda body: body[:30],
)  # fmt: skip
def test_nonsense_from_a_provider_does_nothing(db, body):
    for provider in providers.PROVIDERS:
        answers = {call(provider, as_json(body)), call(provider, as_json(body), "inbound")}
        assert answers <= {200, 400, 404}
    hear(at=timezone.now())  # an empty mail that a provider passes on is about nothing
    assert {row.verdict for row in InboundMail.objects.all()} <= {"unknown"}
    assert not Suppression.objects.exists()


@pytest.mark.shared
@pytest.mark.skipif(not CASES.exists(), reason="../shared/data/esp_webhooks is not here")
def test_every_case_of_the_providers_that_we_offer_is_read_as_anymail_reads_it(db, settings):
    """Payloads and expectations of anymail's own tests, signed as the providers sign, over our reading: every field."""
    cases = {name: found for name, found in json.loads(CASES.read_text()).items() if name in providers.PROVIDERS}
    assert sum(map(len, cases.values())) == 95
    wrong = []
    for provider, case in [(provider, case) for provider, found in cases.items() for case in found]:
        opened = "as_unknown" not in case["test"]  # one case each way of a setting of anymail's
        settings.ANYMAIL = {**settings.ANYMAIL, "SPARKPOST_TRACK_INITIAL_OPEN_AS_OPENED": opened}
        wanted = case["expected_normalised"]["event"]
        event = _read(provider, case["payload"], named=wanted.get("event_id", ""))
        wrong += [(case["test"], name) for name, value in wanted.items() if getattr(event, name) != value]
    assert wrong == []


def _read(provider: str, payload: dict[str, Any], *, named: str) -> Any:
    """The first event that our reading finds in a signed request; some take the signature's number for its name."""
    said = next(value for name, value in payload.items() if name != "metadata")
    how = {"mailgun": {"token": named}, "resend": {"name": named or "msg_1"}}.get(provider, {})
    body, rest = signed(provider, said, **how)
    request = RequestFactory().post(f"/hooks/mail/{provider}/tracking/", body, **rest)
    view = providers.offered(provider, "tracking")
    return providers.read(view, provider, request, at=timezone.now())[0]
