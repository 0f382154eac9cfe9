"""The kinds of file that bring money, relationships, acquisitions and offers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from crm.services.loading import LoadKind, register
from crm.services.loading.kinds import Item, boolean
from crm.services.money import filing
from crm.services.money.ingesting import ACQUISITIONS, FINANCIALS, RELATIONSHIPS
from crm.services.offers.ingesting import CUSTOMER_OFFERS, MISSING_DETAILS
from crm.stretches import months_before

TENURE = {
    "tenure_months": "Whole months that they had been customers on the day `told_on`, where the file has no days.",
    "told_on": "The day on which the file was true.",
}
LEFT = {**TENURE, "left": "yes: on `told_on` they were no customers any more. For files without the day they left."}


def arrange_stays(items: list[Item], _columns: Collection[str]) -> None:
    """Days out of a tenure in months and a word that they left."""
    for item in items:
        joined, told_on, left = _days_of(item), item.pop("told_on", None), item.pop("left", None)
        if joined:
            item.setdefault("joined_on", joined.isoformat())
        if left is not None and boolean(left) is not False:
            item.setdefault("left_on", told_on if boolean(left) is True else left)


def arrange_periods(items: list[Item], _columns: Collection[str]) -> None:
    """What was brought over all of a tenure: a period from its beginning to the day it was told."""
    for item in items:
        joined, told_on = _days_of(item), item.pop("told_on", None)
        if joined:
            item.setdefault("period", f"{joined}/{told_on}")


def _days_of(item: Item) -> date | None:
    """The day on which a tenure began; None where none is told or it cannot be read."""
    months, told_on = str(item.get("tenure_months", "")).strip(), item.get("told_on")
    try:
        began = months_before(date.fromisoformat(str(told_on)), int(months)) if len(months) <= 4 else None
    except ValueError:
        return None
    item.pop("tenure_months")
    return began


def arrange_details(items: list[Item], _columns: Collection[str]) -> None:
    """Codes of the details in one cell, parted by blanks or semicolons; an empty one: nothing is missing."""
    for item in items:
        item["details"] = str(item.get("details", "")).replace(";", " ").split()


class MoneyFiles(LoadKind):
    """A file may tell tenures in the place of periods."""

    def required(self) -> list[str]:
        return [name for name in super().required() if name != "period"]


register(
    MoneyFiles(
        filing.ControlledRows(FINANCIALS.name, FINANCIALS.shape, FINANCIALS.store),
        "revenue, margin, balance and share of wallet of customers by period, all or nothing",
        extra=TENURE, arrange=arrange_periods, whole=True,
        settle=filing.settle, arguments=filing.arguments, labels=filing.LABELS, given=filing.given,
    )
)  # fmt: skip
register(LoadKind(RELATIONSHIPS, "from when to when customers are customers", extra=LEFT, arrange=arrange_stays))
register(LoadKind(ACQUISITIONS, "how customers first heard of us, and from whom"))
register(LoadKind(CUSTOMER_OFFERS, "whom offers are for"))
register(LoadKind(MISSING_DETAILS, "which details are missing of whom, parted by blanks", arrange=arrange_details))
