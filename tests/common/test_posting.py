"""Handing a body to somebody's HTTP server: every fault has its outcome, and nobody is spoken to who must not be."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from common.egress import Egress
from common.posting import HttpReply, Post, post, resolve
from common.senders import Outcome
from tests.faults.http_sink import HttpSink, open_http_sink

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def sink():
    with open_http_sink(HttpSink()) as sink:
        yield sink


def port_of(sink: HttpSink) -> int:
    return urlsplit(sink.url).port or 0


def send(sink: HttpSink, path: str = "/hook", *, seconds: float = 5, **options) -> HttpReply:
    egress = Egress(LOOPBACK, frozenset({port_of(sink)}))
    return post(Post(sink.url + path, b'{"a":1}', {"webhook-id": "msg_1"}), egress=egress, seconds=seconds, **options)


def test_what_is_taken_is_accepted_with_its_headers_and_body(sink):
    reply = send(sink)
    assert (reply.outcome, reply.status, reply.text) == (Outcome.ACCEPTED, 200, "200")
    (taken,) = sink.received
    assert (taken.path, taken.body, taken.headers["webhook-id"]) == ("/hook", b'{"a":1}', "msg_1")
    assert taken.headers["host"] == urlsplit(sink.url).netloc


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_any_other_status_is_refused_for_now(sink, status):
    reply = send(sink, f"/refuse-{status}")
    assert (reply.outcome, reply.status) == (Outcome.REFUSED_FOR_NOW, status)
    assert reply.retry_after == (timedelta(seconds=1) if status in {429, 503} else None)


def test_gone_is_refused_for_good(sink):
    reply = send(sink, "/refuse-410")
    assert (reply.outcome, reply.gone) == (Outcome.REFUSED, True)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(sink, status):
    reply = send(sink, f"/refuse-{status}")
    assert (reply.outcome, reply.text) == (Outcome.REFUSED_FOR_NOW, f"{status} redirects are not followed")
    assert not sink.received


@pytest.mark.parametrize("path", ["/stall", "/drip"])
def test_silence_and_a_letter_at_a_time_end_at_the_deadline(sink, path):
    started = time.monotonic()
    reply = send(sink, path, seconds=0.5)
    assert (reply.outcome, reply.text) == (Outcome.REFUSED_FOR_NOW, "no answer within 0.5 seconds")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("path", ["/vanish", "/reset"])
def test_a_line_that_goes_dead_is_refused_for_now(sink, path):
    reply = send(sink, path)
    assert (reply.outcome, reply.status) == (Outcome.REFUSED_FOR_NOW, None)


def test_a_huge_answer_is_not_read(sink):
    reply = send(sink, "/huge")
    assert (reply.outcome, reply.status) == (Outcome.ACCEPTED, 200)
    assert len(reply.text) <= 310
    assert sink.flooded < 20


def test_nobody_there_is_refused_for_now():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    egress = Egress(LOOPBACK, frozenset({port}))
    reply = post(Post(f"http://127.0.0.1:{port}/", b"{}", {}), egress=egress, seconds=2)
    assert (reply.outcome, reply.text) == (Outcome.REFUSED_FOR_NOW, "no answer: Connection refused")


# --- whom it must not speak to: a canary listens, and hears nothing ---


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "0", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]",
        "127。0。0。1",
    ],
)  # fmt: skip
def test_the_canary_on_this_machine_hears_nothing(sink, host):
    for scheme in ("http", "https"):
        url = f"{scheme}://{host}:{port_of(sink)}/hook"
        reply = post(Post(url, b"{}", {}), egress=Egress(ports=frozenset({port_of(sink)})), seconds=2)
        assert reply.outcome == Outcome.REFUSED_FOR_NOW
        assert reply.status is None
    assert not sink.received


def test_the_name_is_resolved_once_and_that_very_address_is_spoken_to(sink):
    """A resolver that says another address each time: what was judged is what is spoken to."""
    answers = iter([["127.0.0.1"], ["10.255.255.1"]])
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    egress = Egress(LOOPBACK, frozenset({port_of(sink)}))
    url = f"http://hooks.example.org:{port_of(sink)}/hook"
    reply = post(Post(url, b"{}", {}), egress=egress, resolve=rebinding, seconds=2)
    assert (reply.outcome, asked) == (Outcome.ACCEPTED, ["hooks.example.org"])
    assert sink.received[0].headers["host"] == f"hooks.example.org:{port_of(sink)}"


def test_a_name_that_is_rebound_to_a_private_address_is_refused_at_the_next_try(sink):
    answers = iter([["127.0.0.1"], ["10.255.255.1"], ["169.254.169.254"]])
    egress = Egress(LOOPBACK, frozenset({port_of(sink)}))
    message = Post(f"http://hooks.example.org:{port_of(sink)}/hook", b"{}", {})
    first, *others = [post(message, egress=egress, resolve=lambda *_: next(answers), seconds=2) for _ in range(3)]
    assert first.outcome == Outcome.ACCEPTED
    assert [reply.text for reply in others] == [
        "hooks.example.org leads to 10.255.255.1, which is not a public address.",
        "hooks.example.org leads to 169.254.169.254, which is not a public address.",
    ]
    assert len(sink.received) == 1


def test_a_resolver_that_never_answers_ends_at_the_deadline(sink):
    ended = threading.Event()
    reply = send(sink, seconds=0.3, resolve=lambda *_: [str(ended.wait(5))])
    ended.set()
    assert reply.text == "no answer within 0.3 seconds"


def test_a_name_that_nobody_knows_is_refused_for_now():
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    reply = post(Post("https://nobody.example/", b"{}", {}), egress=Egress(), resolve=unknown)
    assert reply.text == "nobody.example cannot be found: Name or service not known"


def test_what_speaks_no_tls_or_shows_no_good_certificate_is_refused(sink):
    egress = Egress(LOOPBACK, frozenset({port_of(sink)}))
    reply = post(Post(f"https://127.0.0.1:{port_of(sink)}/", b"{}", {}), egress=egress, seconds=2)
    assert (reply.outcome, reply.status) == (Outcome.REFUSED_FOR_NOW, None)
    assert not sink.received
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED


def certificate(folder: Path, name: str) -> Path:
    """A key and a certificate that it signed itself, for `name`."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "both.pem").write_bytes(secret + made.public_bytes(Encoding.PEM))
    return folder / "both.pem"


def test_tls_is_for_the_name_although_the_connection_goes_to_the_address(tmp_path):
    pem = certificate(tmp_path, "hooks.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with open_http_sink(HttpSink(), tls=context) as sink:
        trust, port = ssl.create_default_context(cafile=str(pem)), port_of(sink)
        egress, here = Egress(LOOPBACK, frozenset({port})), lambda *_: ["127.0.0.1"]
        replies = [
            post(
                Post(f"https://{name}:{port}/hook", b"{}", {}),
                egress=egress,
                resolve=here,
                trust=trust,
            )
            for name in ("hooks.example.org", "other.example.org")
        ]
        assert [reply.status for reply in replies] == [200, None]
        assert replies[1].text == "no secure connection: CERTIFICATE_VERIFY_FAILED"
        assert [taken.headers["host"] for taken in sink.received] == [f"hooks.example.org:{port}"]


def test_the_systems_resolver_knows_this_machine():
    assert "127.0.0.1" in resolve("localhost", 80) or "::1" in resolve("localhost", 80)
