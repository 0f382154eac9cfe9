"""Complaints: "this is junk", passed on by the customer's mail provider (ARF, RFC 5965)."""

from __future__ import annotations

import re

from surveys.inbound.letters import Mail, inner_parts, parts

_KIND = re.compile(r"(?im)^feedback-type:\s*([\w-]{1,40})")
_FORGIVEN = frozenset({"not-spam"})


def complaint_of(mail: Mail) -> str:
    """The kind of the report ("abuse", "fraud", "opt-out"); empty if this is none, or takes a complaint back."""
    for part in parts(mail, "message/feedback-report"):
        found = _KIND.search(_text(part))
        kind = found[1].lower() if found else "abuse"
        return "" if kind in _FORGIVEN else kind
    return ""


def _text(part: Mail) -> str:
    """The fields of a feedback report, whether the parser took them for a mail of their own or not."""
    if blocks := inner_parts(part):
        return "\n".join(str(block) for block in blocks)
    raw = part.get_payload(decode=True)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
