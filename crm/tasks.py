"""Background entries of crm; nps_project/timetable.py says when they run."""

from __future__ import annotations

from django.utils import timezone

from common.claims import sweep
from crm.services.feeds.counting import fold
from crm.services.feeds.minding import mind
from crm.services.finding_duplicates import find_duplicates as find
from crm.services.holding import expire
from crm.services.landing import forgetting as landed
from crm.services.landing.taking_in import take_in
from crm.services.offers.assigning import assign_all
from crm.services.organization.following import follow_customers
from crm.services.uploads import forgetting as uploaded
from crm.services.uploads.carrying_out import carry_out, remind


def mind_feeds() -> None:
    """Count what came, then say who has gone silent."""
    sweep(fold, "crm.tasks.mind_feeds")
    mind(at=timezone.now())


def take_in_landing() -> None:
    """Take in what other tools wrote into the landing tables."""
    sweep(take_in, "crm.tasks.take_in_landing")


def carry_out_uploads() -> None:
    """Try and load the files that people uploaded. It may take hours; delivered again meanwhile, it does nothing."""
    carry_out(at=timezone.now())


def remind_of_uploads() -> None:
    """Ask for a worker where a file waits, since its own was killed."""
    remind()


def forget() -> None:
    """Once a night: uploaded files and landed rows that were taken long ago go."""
    uploaded.forget(at=timezone.now())
    landed.forget(at=timezone.now())


def follow() -> None:
    """Give customers of closed units the home unit that took over, until none is left."""
    sweep(follow_customers, "crm.tasks.follow")


def offers() -> None:
    """Give offers with a condition to the customers who came since."""
    assign_all(at=timezone.now())


def expire_holds() -> None:
    """Close the holds whose day has come."""
    sweep(expire, "crm.tasks.expire_holds")


def find_duplicates() -> None:
    """Look for customers who are known twice."""
    find(at=timezone.now())
