"""Reports that a mail could not be delivered (RFC 3464, and what servers wrote before it and beside it).

Who was not reached is found by flufl.bounce; the status code (RFC 3463) says what follows. The address at fault is
never taken from the report, which anybody can write: it is that of the message whose token the report came back to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flufl.bounce import all_failures

from surveys.inbound.letters import MOST_PARTS, Mail, inner_parts, opened, parts, text_of

_STATUS = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
_ENHANCED = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
# about us, the way there or the content, and not about the address (RFC 3463; Healthchecks does the same)
_NOT_THE_ADDRESS = frozenset({"5.4.4", "5.1.7", "5.1.8"})
_POLICY = "5.7."
MOST_LINES = 20_000  # a report of 250 kB has some 3,500; flufl holds each against dozens of patterns


@dataclass(frozen=True)
class Bounce:
    """A mail that did not arrive. `status`: "5.1.1", empty where the report gives none. `temporary`: the server may
    still try, or says that trying later may help. `on_its_way`: a warning only; it does still try."""

    addresses: frozenset[str]
    temporary: bool
    status: str = ""
    on_its_way: bool = False

    @property
    def for_now(self) -> bool:
        return self.temporary or self.status.startswith("4")

    @property
    def about_address(self) -> bool:
        """Nobody can be reached at the address: it must not be written to again."""
        return not self.for_now and blames_address(self.status)


def blames_address(status: str) -> bool:
    """Whether a permanent refusal with this status speaks of the address. Without a status it does."""
    return not status.startswith(_POLICY) and status not in _NOT_THE_ADDRESS


def bounce_of(mail: Mail) -> Bounce | None:
    """What the report says; None if this is no report of a failed delivery, or has more lines than any."""
    try:
        if _lines(mail) > MOST_LINES:
            return None
        temporary, permanent = all_failures(mail)
    except (ValueError, LookupError, AttributeError, TypeError):  # without a sender, or of a charset that is none
        return None
    if not (temporary or permanent):
        return None
    addresses = frozenset(address.decode("utf-8", "replace") for address in permanent or temporary)
    return Bounce(addresses, not permanent, status_of(mail), on_its_way=not permanent)  # a report of failure is one


def _lines(mail: Mail) -> int:
    payloads = (part.get_payload() for part in mail.walk())
    return sum(payload.count("\n") for payload in payloads if isinstance(payload, str))


def status_of(mail: Mail) -> str:
    """The enhanced status code of the first recipient that failed, else one that stands in the words."""
    for part in parts(mail, "message/delivery-status"):
        # not parsed as a list of header blocks: some servers encode it
        for block in inner_parts(part) or [opened(block) for block in _blocks(part)]:
            if found := _STATUS.match(str(block.get("Status", ""))):
                return found[1]
    return status_in(text_of(mail))


def status_in(words: str) -> str:
    """The first enhanced status code in what a server said; empty if there is none."""
    found = _ENHANCED.search(words[:20_000])
    return found[1] if found else ""


def _blocks(part: Mail) -> list[bytes]:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    return [block for block in raw.split(b"\n\n", MOST_PARTS)[:MOST_PARTS] if block.strip()]
