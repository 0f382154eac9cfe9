"""What a mail server can do to a message, and what we make of it (RELIABILITY R-02, R-36). A real SMTP server."""

import ssl
import subprocess

import pytest
from django.core.mail import EmailMessage

from common.senders import Outcome, Reply, hand_over, kept_open


@pytest.fixture
def own_certificate(tmp_path):
    """Signed by nobody but its owner."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def mail(to: str = "ines@example.org", subject: str = "How was it?") -> EmailMessage:
    return EmailMessage(subject, "Hello", "feedback@example.org", [to])


def test_an_accepted_mail_is_accepted(post_office):
    assert hand_over(mail()) == Reply(Outcome.ACCEPTED, "accepted")
    assert [message["Subject"] for message in post_office.received] == ["How was it?"]


@pytest.mark.parametrize(
    ("local_part", "outcome", "address_is_bad"),
    [
        ("refuse-550-5.1.1", Outcome.REFUSED, True),
        ("refuse-550", Outcome.REFUSED, True),
        ("refuse-553", Outcome.REFUSED, True),
        ("refuse-552", Outcome.REFUSED, False),  # a full mailbox
        ("refuse-550-5.7.1", Outcome.REFUSED, False),  # our reputation
        ("refuse-550-5.4.4", Outcome.REFUSED, False),  # their routing
        ("refuse-550-5.1.8", Outcome.REFUSED, False),  # our sender address
        ("refuse-450-4.2.1", Outcome.REFUSED_FOR_NOW, False),
        ("refuse-451-4.7.1", Outcome.REFUSED_FOR_NOW, False),
        ("refuse-452", Outcome.REFUSED_FOR_NOW, False),
        ("late-452-4.3.1", Outcome.REFUSED_FOR_NOW, False),
        ("late-552-5.3.4", Outcome.REFUSED, False),  # too large
        ("late-451-4.2.2", Outcome.REFUSED_FOR_NOW, False),
        ("late-554-5.7.1", Outcome.REFUSED, False),
        ("late-550", Outcome.REFUSED, False),  # of the message, not of the address
        ("late-550-5.1.1", Outcome.REFUSED, True),
    ],
)
def test_an_answer_means_what_the_standard_says(post_office, local_part, outcome, address_is_bad):
    reply = hand_over(mail(f"{local_part}@example.org"))
    assert (reply.outcome, reply.address_is_bad, reply.closed) == (outcome, address_is_bad, False)
    assert not post_office.received


def test_a_reply_never_repeats_an_address(post_office):
    reply = hand_over(mail("refuse-550-5.1.1@example.org"))
    assert reply.text == "550 5.1.1 <(address)> is not known here"


def test_a_line_that_dies_after_the_body_leaves_it_unknown(post_office):
    assert hand_over(mail("vanish@example.org")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("how", ["stall", "reset"])
def test_a_line_that_goes_dead_within_or_after_the_body_leaves_it_unknown(post_office, settings, how):
    settings.EMAIL_TIMEOUT = 0.5
    reply = hand_over(mail(f"{how}@example.org"))
    assert (reply.outcome, reply.closed, reply.address_is_bad) == (Outcome.UNKNOWN, False, False)


def test_a_server_that_takes_the_call_and_says_nothing_says_nothing_about_the_message(post_office, settings):
    settings.EMAIL_TIMEOUT, post_office.banner_stalls = 0.5, True
    reply = hand_over(mail())
    assert (reply.outcome, reply.closed) == (Outcome.REFUSED_FOR_NOW, True)
    assert not post_office.received


def test_a_server_that_offers_no_encryption_gets_no_mail_where_it_is_asked_for(post_office, settings):
    settings.EMAIL_USE_TLS = True
    reply = hand_over(mail())
    assert (reply.outcome, reply.closed) == (Outcome.REFUSED_FOR_NOW, True)
    assert not post_office.received


@pytest.mark.parametrize("encryption", ["EMAIL_USE_TLS", "EMAIL_USE_SSL"])
def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(post_office, settings, encryption, own_certificate):
    post_office.tls, _ = own_certificate, setattr(settings, encryption, True)
    settings.EMAIL_TIMEOUT = 1
    reply = hand_over(mail())
    assert (reply.outcome, reply.closed) == (Outcome.REFUSED_FOR_NOW, True)
    assert not post_office.received


def test_a_server_that_is_closing_says_nothing_about_the_message(post_office):
    reply = hand_over(mail("closing@example.org"))
    assert (reply.outcome, reply.closed) == (Outcome.REFUSED_FOR_NOW, True)


def test_a_server_that_is_not_there_says_nothing_about_the_message(post_office, settings):
    settings.EMAIL_PORT = 1
    reply = hand_over(mail())
    assert (reply.outcome, reply.closed) == (Outcome.REFUSED_FOR_NOW, True)


@pytest.mark.parametrize(
    "message",
    [
        mail(subject="Hello\nBcc: everybody@example.org"),
        mail("ines@example.org\nBcc: everybody@example.org"),
        mail("ines@example.org,everybody@example.org"),
        mail("no address"),
        EmailMessage("Hello", "Hello", "feedback@example.org", ["a@example.org", "b@example.org"]),
        EmailMessage("Hello", "Hello", "feedback@example.org", []),
    ],
)
def test_a_message_that_could_reach_somebody_else_is_refused(post_office, message):
    reply = hand_over(message)
    assert (reply.outcome, reply.address_is_bad) == (Outcome.REFUSED, False)
    assert not post_office.received


def test_one_connection_carries_a_whole_round(post_office):
    with kept_open():
        outcomes = [hand_over(mail(to)).outcome for to in ("a@x.org", "refuse-550-5.1.1@x.org", "b@x.org")]
    assert outcomes == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ACCEPTED]
    assert post_office.sessions == 1


def test_a_connection_lost_between_two_messages_is_opened_again(post_office):
    with kept_open() as line:
        hand_over(mail())
        line.backend.connection.sock.close()  # type: ignore[union-attr]
        assert hand_over(mail()).outcome is Outcome.ACCEPTED
    assert len(post_office.received) == 2
