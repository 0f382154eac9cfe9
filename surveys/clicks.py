"""Who clicked a score in a mail, a person or a machine: what a click shows of itself, and what follows. Pure.

Names prove little, since many scanners call themselves a browser: what tells most is how the links of one mail are
opened. Only an act of a person proves a person (docs/decisions/0009-a-click-is-evidence.md).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

EXPIRES = timedelta(hours=48)  # unconfirmed by then, a click is nobody's
BURST = timedelta(seconds=10)
MANY = 3  # different scores of one mail within a burst: nobody reads so fast
AT_ONCE = timedelta(seconds=5)  # after the hand-off: a mail is not read before it is delivered
MOST = 200  # clicks kept of one invitation: whoever holds a link may open it as often as they like


class Agent(StrEnum):
    """What the caller says it is."""

    BROWSER = "browser"
    SCANNER = "scanner"  # of mail
    PREVIEW = "preview"  # of links in a chat, or an image proxy
    TOOL = "tool"  # a program that says so
    NONE = "none"  # says nothing
    OTHER = "other"


MACHINES = frozenset({Agent.SCANNER, Agent.PREVIEW, Agent.TOOL, Agent.NONE})
_KNOWN: tuple[tuple[Agent, re.Pattern[str]], ...] = (
    (
        Agent.SCANNER,
        re.compile(
            r"barracuda|proofpoint|mimecast|safelinks|url ?defen[sc]e|url-?protect|url ?scan|mailguard|mailscan"
            r"|email security|fireeye|trendmicro|forcepoint|sophos|symantec|messagelabs|ironport|zscaler|virustotal"
            r"|detonat|phish|antivirus|headlesschrome|phantomjs",
            re.IGNORECASE,
        ),
    ),
    (
        Agent.PREVIEW,
        re.compile(
            r"imageproxy|mailproxy|facebookexternalhit|linkexpanding|slack-?imgproxy|whatsapp/|skypeuri|telegram"
            r"|discord|linkedinbot|twitterbot|preview|embedly|snippet",
            re.IGNORECASE,
        ),
    ),
    (
        Agent.TOOL,
        re.compile(
            r"bot\b|bot[/;]|crawl|spider|slurp|fetch|scrap|monitor|check|python|curl|wget|httpie|libwww|okhttp|axios"
            r"|go-http|java/|ruby|perl|php|guzzle|apache-httpclient|node\b|postman|scanner",
            re.IGNORECASE,
        ),
    ),
)
_BROWSER = re.compile(r"\AMozilla/5\.0 \(")
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def agent_of(user_agent: str) -> Agent:
    """The class of a User-Agent."""
    if not user_agent.strip():
        return Agent.NONE
    named = next((agent for agent, pattern in _KNOWN if pattern.search(user_agent)), None)
    return named or (Agent.BROWSER if _BROWSER.match(user_agent) else Agent.OTHER)


def is_ahead(headers: Mapping[str, str]) -> bool:
    """Fetched before anybody wanted to see it: prefetched, prerendered or for a preview."""
    said = " ".join(headers.get(name, "") for name in _AHEAD).lower()
    return "prefetch" in said or "prerender" in said or "preview" in said


def network_of(address: str) -> str:
    """The network of an address, /24 or /48: close enough to tell one office from another, not one person. Empty for
    what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def is_automatic(*, agent: str, ahead: bool, since_hand_off: timedelta | None, links: int) -> bool:
    """Whether a click that nobody stands for was a machine's. `links`: different scores of the same mail opened within
    a burst, this one included. That a HEAD came before is kept as evidence and decides nothing: some mail programs of
    people ask so too."""
    soon = since_hand_off is not None and since_hand_off < AT_ONCE
    return agent in MACHINES or ahead or soon or links >= MANY
