"""The bank's library, by the verbs of the house: recoveries that its managers tell of and the office publishes, words
that customers let it quote, two notices. All of it comes from the history: what was done, and what the customer gave
next time."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from closedloop.models import Closure
from common.models import User
from crm.models import Employee, OrgUnit
from demo.company.bank import SOURCE
from distribution.errors import LibraryRefused
from distribution.models import Entry, PolicyNotice
from distribution.services.library.noticing import issue_notice
from distribution.services.library.preparing import Subject, of_ticket
from distribution.services.library.publishing import feature, publish_story
from distribution.services.library.quoting import choose_quote, offered_to
from distribution.services.library.telling import Telling, draft_story
from surveys.models import Response

STORIES, QUOTES = 4, 6
CALLS = """Whoever promises a call writes the day on the ticket and makes the call. If it cannot be that day, ring to
say so. Nobody passes a promise on without asking."""
FEE = """Say what the card costs a month before anything is signed, and say it again when you hand it over. Who was not
told gets the first three months back."""
NOTICES = (  # title, words, whether everybody is to read it, days ago on which it began to hold
    ("Who rings back, and by when", CALLS, True, 20),
    ("The FlexiCard's fee is told before it is signed for", FEE, False, 45),
)


def furnish(*, at: datetime) -> None:
    """Fill it, unless something stands there."""
    olivia = Employee.objects.filter(source=SOURCE, user__username="olivia").select_related("user").first()
    if olivia is None or olivia.user is None or Entry.objects.exists():
        return
    for closure in recoveries()[:STORIES]:
        with suppress(LibraryRefused):
            _tell(closure, olivia.user, at)
    chosen = []
    for response in offered_to(olivia.user).filter(category="promoter")[:QUOTES]:
        with suppress(LibraryRefused):
            chosen.append(choose_quote(response=response, by=olivia.user, at=at))
    feature(entries=chosen[:1], shown_first=True, by=olivia.user, at=at)
    _notify(olivia.user, at)


def recoveries() -> QuerySet[Closure]:
    """Tickets closed as put right by somebody who is still there, whose customer gave nine or ten later; the newest
    first."""
    later = Response.objects.promoter_scale().filter(
        customer=OuterRef("ticket__customer"), answered_at__gt=OuterRef("at"), score__gte=9
    )
    put_right = Closure.objects.filter(outcome="resolved", reopened_at=None, ticket__owner__user__isnull=False)
    related = put_right.select_related("ticket__unit__calendar", "ticket__customer", "ticket__owner__user")
    return related.filter(Exists(later)).order_by("-at")


def _tell(closure: Closure, office: User, at: datetime) -> None:
    subject: Subject = of_ticket(closure.ticket)
    owner = closure.ticket.owner
    title = f"{subject.unit.name}: from {subject.score_before} to {subject.score_after}"
    told = Telling(title, subject.done, quotes=False, thanked=[owner] if owner else [])
    story = draft_story(subject=subject, telling=told, by=owner.user if owner else None, at=closure.at)
    publish_story(story=story, by=office, at=min(at, closure.at + timedelta(days=1)))


def _notify(office: User, at: datetime) -> None:
    head = OrgUnit.objects.get(source=SOURCE, external_id="HQ")
    for title, words, must_read, days in NOTICES:
        since = at - timedelta(days=days)
        said = {"title": title, "words": words.replace("\n", " "), "must_read": must_read, "valid_from": since.date()}
        issue_notice(notice=PolicyNotice(unit=head, **said), by=office, at=since)
