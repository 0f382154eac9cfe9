"""The new product and the three complaints planted about it: each with a beginning, a share, an effect and words of its
own (`demo/words/complaints.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from demo.company.bank import Bank

NEW_PRODUCT = "FlexiCard"
LAUNCH = 0.3  # of the history


@dataclass(frozen=True)
class Complaint:
    """`share`: of the occasions about the product since `begins` (share of the time from its launch to the end)."""

    code: str
    begins: float
    share: float
    effect: float  # in points of the score


COMPLAINTS = (
    Complaint("fee", begins=0.0, share=0.34, effect=-2.6),
    Complaint("abroad", begins=0.15, share=0.20, effect=-3.4),
    Complaint("pin", begins=0.35, share=0.26, effect=-1.9),
)


def launched(bank: Bank) -> date:
    return bank.after(LAUNCH)


def since(bank: Bank, complaint: Complaint) -> date:
    """The first day on which the complaint is heard."""
    launch = launched(bank)
    return launch + timedelta(days=round((bank.until - launch).days * complaint.begins))


def complaint_of(bank: Bank, product: str, day: date, draw: float) -> Complaint | None:
    """What this customer has to complain of about the product; `draw` from 0 to 1 is theirs."""
    if product != NEW_PRODUCT:
        return None
    for complaint in COMPLAINTS:
        if draw < complaint.share:
            return complaint if day >= since(bank, complaint) else None
        draw -= complaint.share
    return None
