"""Signatures are those of the Standard Webhooks specification, to the byte, as its own library checks them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from common.sealing import CannotOpen, seal, unseal
from common.signing import new_secret, shown, signed_headers

# (secret, id, timestamp, body, signature), as published: the tests of the specification's libraries, Go's for one
# (RELIABILITY, Standard Webhooks 1.0), of its library in Rust, and the worked example of Svix, who drew it up
VECTORS = [
    (
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
        b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
        b'{"email":"test@example.com","username":"test_user"}', "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
    (
        "plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1731705121,
        b'{"event_type":"ping","data":{"success":true}}', "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("secret", "message_id", "stamp", "body", "published"), VECTORS)
def test_the_published_vectors_are_signed_as_they_say(secret, message_id, stamp, body, published):
    at = datetime.fromtimestamp(stamp, UTC)
    assert signed_headers([base64.b64decode(secret)], message_id=message_id, at=at, body=body) == {
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": published,
    }


@pytest.mark.parametrize("body", [b"{}", '{"comment":"Très déçu, 料金"}'.encode(), b'{"a":"' + b"x" * 100_000 + b'"}'])
def test_the_specifications_library_accepts_what_we_sign(body):
    secret = new_secret()
    headers = signed_headers([secret], message_id="msg_1", at=datetime.now(UTC), body=body)
    assert Webhook(shown(secret)).verify(body, headers) is not None


def test_a_body_changed_on_the_way_is_refused_by_the_specifications_library():
    secret = new_secret()
    headers = signed_headers([secret], message_id="msg_1", at=datetime.now(UTC), body=b'{"score":2}')
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(secret)).verify(b'{"score":9}', headers)


def test_while_a_secret_is_rotated_a_receiver_may_know_either():
    new, old = new_secret(), new_secret()
    headers = signed_headers([new, old], message_id="msg_1", at=datetime.now(UTC), body=b"{}")
    assert [len(part) for part in headers["webhook-signature"].split(" ")] == [47, 47]
    for secret in (new, old):
        assert Webhook(shown(secret)).verify(b"{}", headers) == {}


def test_a_secret_is_as_long_as_the_specification_asks_and_never_the_same():
    secret, other = new_secret(), new_secret()
    assert 24 <= len(secret) <= 64
    assert secret != other
    assert shown(secret).startswith("whsec_")


def test_a_sealed_secret_can_be_read_again_and_is_not_to_be_seen(settings):
    sealed = seal(b"not to be seen")
    assert unseal(sealed) == b"not to be seen"
    assert "not to be seen" not in sealed
    assert b"not to be seen" not in base64.urlsafe_b64decode(sealed)


def test_a_secret_outlives_a_rotation_of_the_keys(settings):
    settings.SEAL_KEYS, settings.SECRET_KEY_FALLBACKS = [], []
    sealed = seal(b"x")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret key"
    assert unseal(sealed) == b"x"
    later = seal(b"y")
    settings.SEAL_KEYS = ["a key of its own"]
    assert (unseal(sealed), unseal(later)) == (b"x", b"y")


def test_a_key_that_is_gone_says_so(settings):
    settings.SEAL_KEYS, settings.SECRET_KEY_FALLBACKS = [], []
    sealed = seal(b"x")
    settings.SECRET_KEY = "another secret key"
    with pytest.raises(CannotOpen):
        unseal(sealed)
