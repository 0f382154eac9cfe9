"""How the worth and offers pages say what they found, in plain English. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from analytics.maths.groups import Gap, Group, Reading
from analytics.maths.intervals import Difference
from analytics.maths.rounding import MINUS, percent, points, signed

THIN = "\N{NO-BREAK SPACE}"
PLURALS = {"promoter": "promoters", "passive": "passives", "detractor": "detractors"}
TITLES = {
    "revenue": "Revenue",
    "margin": "Margin",
    "share_of_wallet": "Share of wallet",
    "churn": "Left us",
    "referred": "Brought a new customer",
}
MEANINGS = {
    "revenue": "revenue per customer in the period",
    "margin": "margin per customer in the period",
    "share_of_wallet": "what they spend with us out of all they spend on it, the latest word in the period",
    "churn": "customers at the start of the period who left during it",
    "referred": "customers who are the known referrer of somebody who joined in the period",
}
_MORE = {
    "revenue": (
        "Promoters brought {by} more revenue than detractors",
        "Promoters brought {by} less revenue than detractors",
    ),
    "margin": (
        "Promoters brought {by} more margin than detractors",
        "Promoters brought {by} less margin than detractors",
    ),
    "share_of_wallet": (
        "Promoters spend {by} more of their wallet with us than detractors",
        "Promoters spend {by} less of their wallet with us than detractors",
    ),
    "churn": (
        "Promoters left us more often than detractors, by {by}",
        "Promoters left us less often than detractors, by {by}",
    ),
    "referred": (
        "Promoters brought new customers more often than detractors, by {by}",
        "Promoters brought new customers less often than detractors, by {by}",
    ),
}
_NOTHING = {
    "revenue": "No difference in revenue between promoters and detractors can be detected",
    "margin": "No difference in margin between promoters and detractors can be detected",
    "share_of_wallet": "No difference in share of wallet between promoters and detractors can be detected",
    "churn": "No difference in how often promoters and detractors left can be detected",
    "referred": "No difference in how often promoters and detractors brought somebody can be detected",
}


def money(value: float, currency: str) -> str:
    """GBP 1 234 or GBP 12.34: whole units from a hundred on, so that no figure pretends to be exact."""
    digits = 0 if abs(value) >= 100 else 2
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = MINUS if rounded < 0 else ""
    return f"{currency}{THIN}{sign}{abs(rounded):,}".replace(",", THIN)


def figure(value: float | None, reading: Reading) -> str:
    """One figure of a reading as its unit says it."""
    if value is None:
        return "too few"
    if reading.currency:
        return money(value, reading.currency)
    return percent(value, 1)


def bare(value: float | None, reading: Reading) -> str:
    """The same without its currency, for a table that names it in its head."""
    return figure(value, reading).removeprefix(f"{reading.currency}{THIN}")


def by(value: float, reading: Reading) -> str:
    """How large a difference is, without its sign."""
    size = abs(value)
    if reading.currency:
        return money(size, reading.currency)
    return f"{points(size * 100, 1)} percentage points"


def signed_by(value: float, reading: Reading) -> str:
    """The same with its sign; what rounds to nothing has none."""
    if not reading.currency:
        return signed(value * 100, 1)
    size = money(abs(value), reading.currency)
    return size if size == money(0, reading.currency) else f"{MINUS if value < 0 else '+'}{size}"


def finding(reading: Reading) -> str:
    """The title of a measure: what was found, or that nothing was."""
    gap = reading.gap
    if gap is None:
        return f"{TITLES[reading.measure]}: too few promoters or detractors to compare"
    if gap.verdict == "not detectable":
        return _NOTHING[reading.measure]
    return _MORE[reading.measure][0 if gap.points > 0 else 1].format(by=by(gap.points, reading))


def gap_in_full(gap: Gap, reading: Reading) -> str:
    """+GBP 18, 95 % +GBP 4 to +GBP 33."""
    low, high = gap.interval
    return f"{signed_by(gap.points, reading)}, 95{THIN}% {signed_by(low, reading)} to {signed_by(high, reading)}" + (
        "" if reading.currency else " percentage points"
    )


def few(group: Group) -> str:
    """What is said instead of a mean."""
    return "none" if group.n == 0 else "too few"


def offers_finding(trials: Sequence[tuple[str, Difference | None]]) -> str:
    """ "Being offered X: 12 points lower than being held out"; of several trials the one farthest from chance."""
    told = [(name, gap) for name, gap in trials if gap is not None]
    if not told:
        return "What offers do to the score cannot be told yet"
    name, gap = min(told, key=lambda pair: pair[1].p)
    if gap.verdict == "not detectable":
        return "No effect of an offer on the score can be detected"
    way = "higher" if gap.points > 0 else "lower"
    return f"Those who may be offered {name} score {points(abs(gap.points))} points {way} than those held out"


def trial_finding(name: str, gap: Difference | None) -> str:
    """ "Travel cover: 16 points lower than held out"."""
    if gap is None:
        return f"{name}: too few answers to compare"
    if gap.verdict == "not detectable":
        return f"{name}: no effect on the score can be detected"
    return f"{name}: {points(abs(gap.points))} points {'higher' if gap.points > 0 else 'lower'} than held out"
