"""The post office does what it is told, and its ledger says so afterwards. Plain smtplib speaks to it."""

from __future__ import annotations

import smtplib
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.faults.ledger import Ledger
from tests.faults.plans import Chances, as_addressed
from tests.faults.post_office import PostOffice, free_port, open_post_office
from tests.faults.processes import running, until

REFUSALS = (smtplib.SMTPException, OSError)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


@pytest.fixture
def office(ledger: Ledger) -> Iterator[PostOffice]:
    with open_post_office(PostOffice(as_addressed, ledger)) as office:
        yield office


def send(port: int, *to: str, number: int = 1, timeout: float = 5) -> dict[str, tuple[int, bytes]]:
    mail = EmailMessage()
    mail["Message-ID"], mail["To"] = f"<{number}@x>", ", ".join(to)
    mail.set_content("Hello\n" * 20)
    with smtplib.SMTP("127.0.0.1", port, timeout=timeout) as line:
        return line.send_message(mail, "a@example.org", to)


def seen(ledger: Ledger) -> list[tuple[str, str]]:
    return [(line["what"], line["to"].partition("@")[0]) for line in ledger.lines()]


def test_what_is_accepted_is_in_the_ledger(office, ledger):
    send(office.port, "ines@example.org")
    (line,) = ledger.lines("accepted")
    assert (line["id"], line["to"], line["lost"]) == ("<1@x>", "ines@example.org", False)


@pytest.mark.parametrize(
    ("address", "error", "kept"),
    [
        ("refuse-550-5.1.1", smtplib.SMTPRecipientsRefused, [("refused", "refuse-550-5.1.1")]),
        ("late-451-4.3.0", smtplib.SMTPDataError, [("refused", "late-451-4.3.0")]),
        ("closing", smtplib.SMTPRecipientsRefused, []),
        ("vanish", smtplib.SMTPServerDisconnected, [("accepted", "vanish")]),
        ("reset", REFUSALS, []),
        ("stall", smtplib.SMTPServerDisconnected, [("accepted", "stall")]),
    ],
)
def test_an_address_says_what_happens(office, ledger, address, error, kept):
    with pytest.raises(error):
        send(office.port, f"{address}@example.org", timeout=0.5)
    assert seen(ledger) == kept
    assert [line["lost"] for line in ledger.lines("accepted")] == [True] * ledger.count("accepted")


def test_one_recipient_of_two_may_be_refused(office, ledger):
    refused = send(office.port, "ines@example.org", "refuse-550@example.org")
    assert list(refused) == ["refuse-550@example.org"]
    assert seen(ledger) == [("refused", "refuse-550"), ("accepted", "ines")]


def test_a_banner_that_never_comes(office):
    office.banner_stalls = True
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(office.port, "ines@example.org", timeout=0.3)


def test_chances_are_drawn_from_the_seed():
    draws = [Chances(7, later=0.05, never=0.02, lost=0.01) for _ in range(2)]
    first, second = ([plan("x") for _ in range(10_000)] for plan in draws)
    assert first == second
    counts = Counter(fault.words[:3] or fault.verb for fault in first if fault)
    assert dict(counts) == pytest.approx({"451": 500, "550": 200, "vanish": 100}, rel=0.25)


def test_as_a_process_of_its_own_its_ledger_survives_its_kill(ledger):
    port = free_port()
    with running("-m", "tests.faults.post_office", str(port), str(ledger.path), "--never", "1") as process:
        until(lambda: refused(port), seconds=30, what="the post office opens")
        process.kill()
    assert [line["words"] for line in ledger.lines("refused")] == ["550 5.7.1"]


def refused(port: int) -> bool:
    try:
        send(port, "ines@example.org")
    except smtplib.SMTPDataError:
        return True
    except REFUSALS:
        return False
    return False
