"""What became of invitations: the finding in words."""

from __future__ import annotations

from analytics.maths.rounding import percent
from analytics.services.disposing import Outcome, Report
from surveys.dispositions import LABELS, Disposition

ANSWERED = {Disposition.COMPLETE, Disposition.PARTIAL}


def finding(report: Report) -> str:
    """The page's title: RR1, and what became of most of the others."""
    whole = report.whole
    if whole.rates.rr1 is None:
        return "No invitation has gone out here"
    said = f"{percent(whole.rates.rr1)} of the invitations were answered to the end"
    other = main(whole)
    return f"{said}; most often otherwise: {other}" if other else said


def main(outcome: Outcome) -> str:
    """What became of most of those that went out and were not answered, and its part of all that went out."""
    left = (Disposition.NOT_ASKED, Disposition.WAITING)
    others = {each: n for each, n in outcome.counts.items() if each not in ANSWERED and each not in left and n}
    if not others or not outcome.n:
        return ""
    most = max(others, key=lambda each: others[each])
    return f"{LABELS[most]}, {percent(others[most] / outcome.n)}"
