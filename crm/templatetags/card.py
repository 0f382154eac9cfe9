"""How the facts of a shopkeeper's card are written and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django import template
from django.utils.translation import get_language_info

from crm.models import Account, AccountMember, Channel, Hold, Purpose

register = template.Library()
HEIGHT, ROOM = 72, 10  # of the small chart, and above and below its line


class Dot(NamedTuple):
    """A point of the score path where it is drawn; `x` and `before_x` in per cent of the width."""

    point: Any
    x: str
    y: str
    before_x: str
    before_y: str


@register.filter
def drawn(path: Sequence[Any]) -> list[Dot]:
    """Points with `score` 0 to 10, evenly spaced, each with the place of the one before."""
    step = 92 / max(len(path) - 1, 1)
    places = [(f"{4 + number * step:.1f}%", f"{_height(point.score):.1f}") for number, point in enumerate(path)]
    before = [places[0], *places] if places else []
    return [Dot(point, *place, *last) for point, place, last in zip(path, places, before, strict=False)]


@register.filter
def height(score: int) -> str:
    """Where a score of 0 to 10 stands in the chart."""
    return f"{_height(score):.1f}"


def _height(score: float) -> float:
    return HEIGHT - ROOM - score * (HEIGHT - 2 * ROOM) / 10


@register.filter
def spoken(code: str) -> str:
    """French for fr, the code itself for what has no name."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code


WORDS = {
    "channel": dict(Channel.choices),
    "purpose": dict(Purpose.choices),
    "hold": dict(Hold.Kind.choices),
    "account": dict(Account.Kind.choices),
    "role": dict(AccountMember.Role.choices),
}


@register.filter
def word_for(value: str, kind: str) -> str:
    """The word for a code, as within a sentence: `{{ address.channel|word_for:"channel" }}`."""
    word = str(WORDS[kind].get(value, value))
    return word if word.isupper() else word[:1].lower() + word[1:]


@register.filter
def words(code: str) -> str:
    """birth_year as birth year"""
    return code.replace("_", " ")


@register.filter
def sum_in(amount: Decimal, currency: str) -> str:
    """1 140 EUR: whole units of the currency, digits in threes."""
    return f"{amount:,.0f}".replace(",", "\N{NO-BREAK SPACE}") + f"\N{NO-BREAK SPACE}{currency}"


@register.filter
def share(value: Decimal) -> str:
    """24 % for 0.24"""
    return f"{value:.0%}".replace("%", "\N{NO-BREAK SPACE}%")
