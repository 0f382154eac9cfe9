"""Slack, by an incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks

Customers' words go as plain text, in which Slack reads neither links nor mentions; in what is marked up the three
characters that it asks for are escaped.
"""

from __future__ import annotations

from typing import Any

from distribution.saying import Said, cut

HEADER, SECTION, FIELD, FIELDS = 150, 3000, 2000, 10  # characters of each, fields of a section


def body(said: Said) -> dict[str, Any]:
    """`text` is what a notification shows."""
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(said.headline, HEADER)}]
    if said.words:
        blocks.append({"type": "section", "text": _plain(said.words, SECTION)})
    if said.facts:
        fields = [_marked(f"*{escaped(name)}*\n{escaped(value)}", FIELD) for name, value in said.facts[:FIELDS]]
        blocks.append({"type": "section", "fields": fields})
    if said.url:
        blocks.append({"type": "section", "text": _marked(f"<{escaped(said.url)}|Open the ticket>", SECTION)})
    return {"text": escaped(said.headline), "blocks": blocks}


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(text, limit), "emoji": False}


def _marked(text: str, limit: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": cut(text, limit), "verbatim": True}
