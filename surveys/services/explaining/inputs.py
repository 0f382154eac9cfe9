"""What a decision was made from, item by item in words; the stored inputs themselves are for auditors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crm.models import Channel, Hold, Suppression
from surveys.models import Decision, Program
from surveys.sampling import RANGE
from surveys.services.explaining.rates import drawn_at
from surveys.versions.telling import percent, rule_in_words, span

Item = tuple[str, str]  # what it is, what was known


def inputs_in_words(decision: Decision) -> list[Item]:
    """In the order in which they are looked at; needs `decision.version.program`. Customers and accounts that others
    know are not named."""
    parts = (_occasion, _customer, _contacts, _competition, _chance)
    return [item for part in parts for item in part(decision)]


def _occasion(decision: Decision) -> Iterator[Item]:
    inputs = decision.inputs
    if inputs.get("occurred_at"):
        yield "Happened", _moment(inputs["occurred_at"])
    within = inputs.get("eligible")
    if within is not None:
        yield "Within the program's condition", "yes" if within else "no"


def _customer(decision: Decision) -> Iterator[Item]:
    inputs, version = decision.inputs, decision.version
    channel = str(Channel(version.channel).label)
    if erased := inputs.get("erased_at"):
        yield "Data erased", _moment(erased)
    yield "Hold", _label(Hold.Kind, inputs["hold"]) if inputs.get("hold") else "none"
    yield f"Usable address by {channel}", "yes" if inputs.get("contact_point") else "none"
    asks = "asked for by the program" if version.consent_required else "not needed"
    words = {True: "given", False: "refused", None: f"nothing said; {asks}"}
    yield f"Consent by {channel}", words[inputs.get("consent")]
    if version.program.kind == Program.Kind.POST_CALL:
        heard = {True: "agreed", False: "declined", None: "not asked"}
        yield "Before the call", heard[inputs.get("pre_consent")]
    if suppressed := inputs.get("suppression"):
        yield "Address suppressed", _label(Suppression.Reason, suppressed)


def _contacts(decision: Decision) -> Iterator[Item]:
    inputs, version = decision.inputs, decision.version
    asked_by = Program.objects.filter(pk=inputs["asked_by"]).first() if "asked_by" in inputs else None
    if inputs.get("outstanding"):
        yield "Another question", "on its way"
    if asked_by is not None:
        yield "Whose question that is" if inputs.get("outstanding") else "Who asked last", asked_by.name
    yield "Last asked by any program", _waits(inputs.get("last_asked_at"), version.quarantine_days)
    yield "Last asked by one of its kind", _waits(inputs.get("last_of_kind_at"), version.program_quarantine_days)
    for rule, last in zip(version.contact_rules, inputs.get("windows") or [], strict=False):
        yield rule_in_words(rule).rstrip("."), f"last {_moment(last)}" if last else "never"
    if (times := inputs.get("in_year")) is not None:
        cap = f"; at most {version.yearly_cap}" if version.yearly_cap else ""
        yield "Asked within 365 days", f"{span(times, 'time')}{cap}"


def _competition(decision: Decision) -> Iterator[Item]:
    allocation, competing = decision.inputs.get("allocation", {}), decision.inputs.get("competing")
    names = dict(Program.objects.values_list("code", "name")) if allocation or "lots" in decision.inputs else {}
    if "for" in allocation:  # by the rule that was in force until November 2026
        yield "Kept for", names.get(allocation["for"], allocation["for"])
    if "own" in allocation:
        yield "Answers in the unit", f"{allocation['own']['answers']}; the program wants {allocation['own']['wanted']}"
    for other in allocation.get("lacking", ()):
        name = names.get(other["program"], other["program"])
        yield f"Answers of {name} there", f"{other['answers']}; it wants {other['wanted']}"
    if lots := decision.inputs.get("lots"):
        yield from _lots(lots, names)
    if competing:
        yield "Occasions at the same time", f"{competing}" if competing > 1 else "only this one"


def _lots(lots: dict[str, Any], names: dict[str, str]) -> Iterator[Item]:
    kept_for = lots.get("kept_for")
    yield "Kept by lot", f"for {names.get(kept_for, kept_for)}" if kept_for else "for nobody"
    for need in lots["needs"]:
        name = names.get(need["program"], need["program"])
        answers = f"{need['answers']} of {need['wanted']} answers"
        yield f"Kept for {name} in the unit", f"{need['share']} % of the customers: it has {answers}"
        yield f"Free of others' questions, of those {name} met", f"{need['free']:.0%}"


def _chance(decision: Decision) -> Iterator[Item]:
    """Only where nothing spoke against it: chance decided."""
    inputs = decision.inputs
    if "competing" not in inputs:
        return
    rate = drawn_at(decision)
    of = f", {decision.stratum}" if decision.stratum else ""
    yield "Sampling rate", f"{percent(rate.own)}{of}"
    if rate.drawn != rate.own:
        yield "Raised to", f"{percent(rate.drawn)}, since {percent(rate.kept)} of the customers are kept for others"
    side = "below" if int(decision.draw) < rate.drawn * RANGE else "not below"
    held = "its place in the line of the unit" if "line" in inputs else f"{side} the rate"
    yield "Draw", f"{100 * int(decision.draw) / RANGE:.1f} %, {held}"
    if "room" in inputs:
        yield "Room in the unit's quota", f"{inputs['room']}, for {inputs.get('drawn', 0)} that were drawn"
    yield "Probability of being asked", percent(round(Decimal(decision.probability), 3))


def _waits(last: str | None, days: int) -> str:
    return f"{_moment(last) if last else 'never'}; waits {span(days, 'day')}"


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _label(choices: type[Hold.Kind] | type[Suppression.Reason], value: str) -> str:
    return str(dict(choices.choices).get(value, value)).lower()
