"""Microsoft Teams, by a workflow "Post to a channel when a webhook request is received", which takes a message with an
Adaptive Card: https://learn.microsoft.com/connectors/teams/#microsoft-teams-webhook

Version 1.4, which Teams shows on desk and phone. What customers wrote and the headline are runs of text: in them, other
than in a TextBlock, nothing is read as Markdown.
"""

from __future__ import annotations

from typing import Any

from distribution.saying import Said, cut

CARD = "application/vnd.microsoft.card.adaptive"
HEADLINE, WORDS, FACT, FACTS = 150, 3000, 250, 10  # characters of each, facts: well within the 28 kB of a message
MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\*_[]()#`~>|"})


def body(said: Said) -> dict[str, Any]:
    elements = [_text(cut(said.headline, HEADLINE), size="Medium", weight="Bolder")]
    if said.words:
        elements.append(_text(cut(said.words, WORDS)))
    if said.facts:
        facts = [{"title": name, "value": cut(value, FACT).translate(MARKS)} for name, value in said.facts[:FACTS]]
        elements.append({"type": "FactSet", "facts": facts})
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": elements,
    }
    if said.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the ticket", "url": said.url}]
    return {"type": "message", "attachments": [{"contentType": CARD, "contentUrl": None, "content": card}]}


def _text(text: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}
