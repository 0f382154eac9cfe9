"""Is what a system sends enough for the programs? What a program needs, the verdicts, what to do. Pure; no
Django."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ENOUGH, THIN = 0.95, 0.5  # shares from which a need counts as met, or as met in part
_SLOT = re.compile(r"\{(\w+)\}")
_LEAVES = {"product": "product", "employee": "employee", "segment": "segment", "language": "language"}
_SLOTS = {"product": "product", "employee": "employee", "given_name": "given_name"}


@dataclass(frozen=True)
class Need:
    """Something a program uses; `name` of an attribute, else of the channel for contact and consent."""

    what: str
    name: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the scorecard: `have` of `of` rows are as they should be."""

    what: str
    name: str
    have: int
    of: int
    late_hours: int = 0

    @property
    def share(self) -> float | None:
        return self.have / self.of if self.of else None

    @property
    def verdict(self) -> str:
        """enough, thin or missing; "nothing" where nothing could be looked at."""
        if self.share is None:
            return "nothing"
        return "enough" if self.share >= ENOUGH else "thin" if self.share >= THIN else "missing"

    @property
    def label(self) -> str:
        name = CHANNELS.get(self.name) or self.name.replace("_", " ")
        return LABELS[self.what].format(name=name, hours=self.late_hours)

    @property
    def advice(self) -> str:
        """What to do; empty where it is enough."""
        return "" if self.verdict == "enough" else ADVICE[self.what].format(name=self.name)


CHANNELS = {"email": "e-mail", "sms": "SMS", "phone": "telephone"}
LABELS = {
    "contact": "Customer can be reached by {name}",
    "consent": "Customer said yes to being asked by {name}",
    "unit": "Happened at a unit that has none below it",
    "employee": "Names the employee",
    "product": "Names the product",
    "segment": "Customer has a segment",
    "language": "Customer has a language",
    "given_name": "Customer has a given name",
    "attribute": "Says {name}",
    "on_time": "Arrived within {hours} hours",
    "single_address": "Customers who share no address with another",
    "single_occurrence": "Came under one id only",
    "reachable": "Customers with a usable address",
    "home_unit": "Customers with a home unit",
}
ADVICE = {
    "contact": "Send contact points with the customers: whoever has none is never asked.",
    "consent": "Send the consents with their evidence, or no longer require consent in the program.",
    "unit": "Send the branch or team itself: tickets about a unit above go to those in charge of all of it.",
    "employee": "Send who served: without a name nobody hears what was said of them, and the rule or wording fails.",
    "product": "Send the product: the rule leaves out, and the wording shows a gap for, rows without one.",
    "segment": "Send the segment with the customers: the rule leaves out who has none.",
    "language": "Send the language with the customers: the rule leaves out who has none.",
    "given_name": "Send given names: the wording shows a gap without one.",
    "attribute": "Send {name} with each interaction: no rule about it is true of a row without it.",
    "on_time": "Send more often, or by the API: a question long after the visit is answered less, and not about it.",
    "single_address": "Merge the customers, or have the system merge them: one person is asked as if several.",
    "single_occurrence": "Have the system keep the id of what happened: it looks like several visits.",
    "reachable": "Send contact points with the customers.",
    "home_unit": "Send the home unit, so that those in charge see their customers.",
}


def needs_of(
    condition: Any, wording: Mapping[str, Mapping[str, str]], *, channel: str, consent_required: bool
) -> list[Need]:
    """What a program version needs of each interaction: an address on its channel, consent where it asks for it, the
    unit, employee and product that its answers are told to and counted by, and whatever its condition or its words
    mention; those of a draft may be anything."""
    found = [Need("contact", channel), *([Need("consent", channel)] if consent_required else [])]
    found += [Need("unit"), Need("employee"), Need("product"), *_of_condition(condition), *_of_wording(wording)]
    return list(dict.fromkeys(found))


def _of_condition(node: Any) -> Iterator[Need]:
    if isinstance(node, list):
        for part in node:
            yield from _of_condition(part)
    if not isinstance(node, dict):
        return
    if node.get("filter") == "attribute" and isinstance(node.get("value"), dict):
        yield Need("attribute", str(node["value"].get("name")))
    elif (leaf := str(node.get("filter"))) in _LEAVES:
        yield Need(_LEAVES[leaf])
    for part in (node.get("all"), node.get("any"), node.get("not")):
        yield from _of_condition(part)


def _of_wording(wording: Mapping[str, Mapping[str, str]]) -> Iterator[Need]:
    said = wording.values() if isinstance(wording, Mapping) else ()
    texts = (text for texts in said if isinstance(texts, Mapping) for text in texts.values())
    for text in texts:
        for slot in _SLOT.findall(str(text)):
            if slot in _SLOTS:
                yield Need(_SLOTS[slot])


def worst(verdicts: list[str]) -> str:
    """Of a scorecard: as good as its weakest line."""
    return next((verdict for verdict in ("missing", "thin", "enough") if verdict in verdicts), "nothing")
