"""What the bank brought out: products it had when the history began, and the new card, which falls short of them
(`demo/truth/complaints.py`). The first look is taken at once, so that the page need not wait for the morning."""

from __future__ import annotations

from datetime import datetime

from analytics.models import Launch
from analytics.services.launches.looking import look_at_launches
from crm.models import Employee, OrgUnit
from demo.company.bank import SOURCE, Bank
from demo.truth.complaints import NEW_PRODUCT, launched

OWNER = "E-002"  # Samuel Okafor, analyst
COMPARABLE = ("current account", "savings account", "personal loan")  # mortgages are another thing: talks, no queue


def bring_out(bank: Bank, *, at: datetime) -> None:
    """The old products count as launched on the day on which the history begins."""
    head = OrgUnit.objects.get(source=SOURCE, external_id="HQ")
    owner = Employee.objects.get(source=SOURCE, external_id=OWNER)
    days = {**dict.fromkeys(COMPARABLE, bank.begins), NEW_PRODUCT: launched(bank)}
    Launch.objects.bulk_create(
        Launch(name=f"{product[0].upper()}{product[1:]}", product=product, day=day, area=head, owner=owner)
        for product, day in days.items()
    )  # fmt: skip
    look_at_launches(at=at)
