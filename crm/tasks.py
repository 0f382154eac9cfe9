"""Background work of crm; nps_project/timetable.py says when."""

from django.utils import timezone

from crm.services.offers.assigning import assign_all


def offers() -> None:
    """Give offers with a condition to the customers who came since."""
    assign_all(at=timezone.now())
