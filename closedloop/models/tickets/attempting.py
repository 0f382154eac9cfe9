"""Trying to contact the customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from closedloop.errors import TicketRefused
from closedloop.models.letters import Letter
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import author, unread
from closedloop.next_attempts import Place, next_due, next_way
from common.models import State
from common.text import clean
from crm.models import Channel, ContactPoint, Customer, Origin, Purpose
from crm.services.consenting import refuse
from crm.services.contacting import call_unusable
from crm.sight import Principal
from surveys.quiet import SOMEWHERE, hours_named

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from closedloop.models.tickets.ending import Closure

FURTHEST = timedelta(days=90)  # later than this nobody asks to be called; it is a slip


class ContactAttemptQuerySet(models.QuerySet["ContactAttempt"]):
    def made(self) -> Self:
        """Somebody tried; neither waiting nor no longer needed."""
        return self.exclude(outcome__in=["", ContactAttempt.Outcome.CANCELLED])


class ContactAttempt(models.Model):
    """A request to contact the customer by `due_at`, and what became of it. Whoever was not reached is tried again on
    the next working day. At most one request is waiting on a ticket."""

    class Outcome(models.TextChoices):
        REACHED = "reached", "reached"
        NO_ANSWER = "no_answer", "no answer"
        VOICEMAIL = "voicemail", "voicemail"
        BUSY = "busy", "busy"
        LATER = "later", "asked to call later"
        WRONG_NUMBER = "wrong", "wrong number"
        LINE_DEAD = "dead", "line is dead"
        REFUSED = "refused", "does not want to talk"
        WRITTEN = "written", "written to, since nobody reached them"
        CANCELLED = "cancelled", "no longer needed"  # the ticket was closed

    class Way(models.TextChoices):
        PHONE = "phone", "telephone"
        EMAIL = "email", "e-mail"
        SMS = "sms", "SMS"
        LETTER = "letter", "written note"  # the last request: after the policy's attempts

    ticket = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=8, choices=Way.choices, default=Way.PHONE, db_default=Way.PHONE)
    due_at = models.DateTimeField()
    requested_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    asked_for = models.DateTimeField(null=True, help_text="When the customer asked to be called.")
    made_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True)
    classified_at = models.DateTimeField(null=True, editable=False)  # the note was read

    objects = ContactAttemptQuerySet.as_manager()

    class Meta:
        indexes = [unread("note", name="attempt_unread")]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number"], name="one_attempt_per_number"),
            models.UniqueConstraint(fields=["ticket"], condition=Q(outcome=""), name="one_waiting_attempt_per_ticket"),
            models.CheckConstraint(
                condition=Q(outcome="", made_at__isnull=True) | (~Q(outcome="") & Q(made_at__isnull=False)),
                name="attempt_made_when_it_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} on ticket {self.ticket_id}"

    @property
    def is_made(self) -> bool:
        return self.outcome not in ("", self.Outcome.CANCELLED)

    def fill(
        self, outcome: str, *, by: Principal, at: datetime, note: str = "", asked_for: datetime | None = None
    ) -> None:
        """What became of the request."""
        self.outcome, self.made_at, self.by, self.note, self.asked_for = outcome, at, author(by), note, asked_for
        self.save(update_fields=["way", "outcome", "made_at", "by", "note", "asked_for"])


Outcome, Way = ContactAttempt.Outcome, ContactAttempt.Way
UNUSABLE = frozenset({Outcome.WRONG_NUMBER, Outcome.LINE_DEAD})  # nobody calls that number again
TALKED = frozenset({Outcome.REACHED, Outcome.REFUSED})  # they were spoken to, and nothing more is asked for by itself
TRIES = tuple((value, label) for value, label in Outcome.choices if value != Outcome.CANCELLED)  # as people record it

WAYS = tuple((value, label) for value, label in Way.choices if value != Way.LETTER)


class Attempting(TicketBase):
    """Requests to contact the customer, and what became of them."""

    if TYPE_CHECKING:
        attempts: RelatedManager[ContactAttempt]
        closures: RelatedManager[Closure]

    class Meta:
        abstract = True

    @property
    def waiting_attempt(self) -> ContactAttempt | None:
        return next((row for row in self.attempts.all() if not row.outcome), None)

    def attempts_made(self) -> ContactAttemptQuerySet:
        """Attempts since the ticket was opened, or reopened last."""
        reopened = self.closures.filter(reopened_at__gt=OuterRef("requested_at"))
        made: ContactAttemptQuerySet = ContactAttempt.objects.filter(~Exists(reopened), ticket=self.pk).made()
        return made

    def record_attempt(
        self,
        *,
        outcome: str,
        note: str,
        by: Principal,
        at: datetime,
        way: str = "",
        asked_for: datetime | None = None,
        expected_version: int | None = None,
    ) -> ContactAttempt:
        """Somebody tried to contact the customer, by `way` (empty: as was requested). Who was not reached is tried
        again on the next working day, or at `asked_for`; who refused is not."""
        with self._working(expected_version):
            self._check_attempt(outcome, asked_for, at, note=note)
            attempt = self.waiting_attempt or self._request(self._last_attempt(), due_at=at, at=at)
            attempt.way = self._way(attempt, outcome, way)
            attempt.fill(outcome, by=by, at=at, note=clean(note).text, asked_for=asked_for)
            self._draw_conclusions(attempt, by=by, at=at)
            if outcome == Outcome.WRITTEN:
                self.due_at = next_due(at, self._place(at))  # to be closed by then, unless they write back
            elif outcome not in TALKED:
                self._try_again(attempt, at)
            self._done("ticket.attempt_recorded", by=by, at=at, number=attempt.number, outcome=outcome, way=attempt.way)
        return attempt

    @property
    def tried_enough(self) -> bool:
        """The policy's attempts were made since the ticket was opened or reopened, and none met the customer."""
        return self._are_enough(self._tries())

    def _are_enough(self, tries: Sequence[ContactAttempt]) -> bool:
        return len(tries) >= self.policy.attempts and not TALKED & {attempt.outcome for attempt in tries}

    def _tries(self) -> list[ContactAttempt]:
        """The attempts that count toward the policy's: a written note is none."""
        return list(self.attempts_made().exclude(outcome=Outcome.WRITTEN).order_by("number"))

    def has_written(self) -> bool:
        """A written note after the policy's attempts: kept as an outcome, or a letter of ours that has gone out."""
        if self.attempts_made().filter(outcome=Outcome.WRITTEN).exists():
            return True
        tries = self._tries()[: self.policy.attempts]
        if len(tries) < self.policy.attempts:
            return False
        letters = Letter.objects.filter(ticket=self.pk, state=State.HANDED_OFF)
        return letters.filter(at__gte=tries[-1].made_at).exists() if tries else letters.exists()

    def _way(self, attempt: ContactAttempt, outcome: str, way: str) -> str:
        if outcome == Outcome.WRITTEN:
            return Way.LETTER
        return way or (Way.PHONE if attempt.way == Way.LETTER else attempt.way)

    def _check_attempt(self, outcome: str, asked_for: datetime | None, at: datetime, *, note: str) -> None:
        if outcome not in dict(TRIES):
            raise TicketRefused(f"Choose how it went: {', '.join(label for _, label in TRIES)}.")
        if (outcome == Outcome.LATER) != (asked_for is not None):
            raise TicketRefused("Say when they asked to be called; a time goes with “asked to call later” alone.")
        if asked_for is not None and not at < asked_for <= at + FURTHEST:
            raise TicketRefused(f"They asked to be called at a time to come, within {FURTHEST.days} days.")
        if outcome == Outcome.WRITTEN and not self.tried_enough:
            raise TicketRefused(
                f"A written note follows {self.policy.attempts} attempts that did not reach them, and nothing else."
            )
        if outcome == Outcome.WRITTEN and not clean(note).text:
            raise TicketRefused("Keep what you wrote to them.")
        if outcome != Outcome.REACHED and self.attempts_made().filter(outcome=Outcome.REFUSED).exists():
            raise TicketRefused("The customer does not want to talk, so nobody tries again.")

    def _draw_conclusions(self, attempt: ContactAttempt, *, by: Principal, at: datetime) -> None:
        """What an attempt says of the customer: a number where they are not, or that they want no call."""
        callback = self.brief.setdefault("callback", {})
        if attempt.outcome in UNUSABLE and attempt.way != Way.EMAIL:
            self._strike_number(self.phone, str(attempt.get_outcome_display()), by=by, at=at)
        elif attempt.outcome == Outcome.REFUSED:
            callback |= {"wanted": False, "refused_at": at.isoformat()}
            if self.customer:
                said = {"channel": Channel.PHONE, "purpose": Purpose.CALLBACK, "origin": Origin.CALL}
                refuse(customer=self.customer, at=at, evidence=f"ticket {self.pk}", by=author(by), **said)
        else:
            return
        self.save(update_fields=["brief"])

    def _strike_number(self, number: str, why: str, *, by: Principal, at: datetime) -> None:
        """Nobody calls it again; the brief names the next one we know, if any."""
        numbers = self._contact_points().filter(channel__in=[Channel.PHONE, Channel.SMS])
        for point in numbers.filter(Q(normalized=number) | Q(address=number)):
            call_unusable(point=point, why=f"{why}, ticket {self.pk}", at=at, by=author(by))
        best = numbers.order_by("channel", "-preferred", "pk").first()  # what is called before what is written to
        self.brief["callback"]["phone"] = ""
        self.brief.setdefault("customer", {})["phone"] = best.address if best else ""

    def _contact_points(self) -> models.QuerySet[ContactPoint]:
        """Usable addresses of the person."""
        if self.customer is None:
            return ContactPoint.objects.none()
        people = Customer.objects.of_person(self.customer)
        return ContactPoint.objects.filter(customer__in=people.values("pk"), unusable_since=None)

    def _try_again(self, attempt: ContactAttempt, at: datetime) -> None:
        """Ask for the next attempt: when, and by which way."""
        made = list(self.attempts_made().order_by("number"))
        best_time = self.brief.get("callback", {}).get("best_time", "")
        times = [one.made_at for one in made if one.made_at]
        self.due_at = attempt.asked_for or next_due(at, self._place(at), tried=times, best_time=best_time)
        self._request(attempt, due_at=self.due_at, at=at, way=self._next_way(attempt, made))

    def _next_way(self, attempt: ContactAttempt, made: Sequence[ContactAttempt]) -> str:
        """The same where they named a time; a written note after the policy's attempts; else as the rule has it."""
        if attempt.asked_for:
            return attempt.way
        tries = [one for one in made if one.outcome != Outcome.WRITTEN]
        if self._are_enough(tries) and len(tries) == len(made):  # nobody has written yet
            return Way.LETTER
        return next_way([one.way for one in tries], self._ways(), after=self.policy.other_way_after)

    def _ways(self) -> Sequence[str]:
        """By which ways the customer can be contacted now, the best first."""
        usable = set(self._contact_points().values_list("channel", flat=True))
        can_call = bool(self.phone)
        return [way for way, _ in WAYS if (can_call if way == Way.PHONE else way in usable)]

    def _place(self, at: datetime) -> Place:
        person = self.customer.canonical or self.customer if self.customer else None
        clock = person.zone if person and person.zone else f"{SOMEWHERE}{self.unit.zone}"
        return Place(self._hours(at), self.unit.zone_info, f"{clock} ", hours_named(settings.CONTACT_HOURS))

    def _last_attempt(self) -> ContactAttempt | None:
        return self.attempts.order_by("number").last()

    def _request(
        self, last: ContactAttempt | None, *, due_at: datetime, at: datetime, way: str = Way.PHONE
    ) -> ContactAttempt:
        number = last.number + 1 if last else 1
        return self.attempts.create(number=number, due_at=due_at, requested_at=at, way=way)
