"""Who is asked, and why not: the findings in words."""

from __future__ import annotations

from analytics.maths.rounding import percent
from analytics.services.asking import Asking, Summary


def finding(report: Summary) -> str:
    """The page's title: how many were asked, and why most of the others were not."""
    whole = report.whole
    if whole.share.value is None:
        return "Nothing has been decided here"
    said = f"{percent(whole.share.value)} of the occasions were asked about"
    return f"{said}; left out most often: {whole.main_reason[0]}, {_part(whole)}" if whole.main_reason else said


def main(asking: Asking) -> str:
    """Of those not asked, the most frequent reason and its part of all."""
    if asking.main_reason is None:
        return "nobody was left out"
    return f"{asking.main_reason[0]}, {_part(asking)}"


def _part(asking: Asking) -> str:
    return percent(asking.main_reason[1] / asking.n) if asking.main_reason else ""


def stands_out(asking: Asking, whole: Asking) -> str:
    """Whether they ask more or less than the others."""
    if not asking.stands_out or asking.share.value is None or whole.share.value is None:
        return ""
    return "asked less than the rest" if asking.share.value < whole.share.value else "asked more than the rest"
