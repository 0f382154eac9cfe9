"""What is written down in a huddle: who was there, what was agreed and what became of it, what was raised, the end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from closedloop.models import Elevation, Ticket
from closedloop.services.elevating import elevate
from common.models import Event, User
from common.text import clean, clean_line
from crm.models import Employee
from crm.sight import Principal
from distribution.errors import HuddleRefused
from distribution.models import Huddle, HuddleAction, HuddleAttendance, HuddleElevation
from distribution.services.huddling.membership import last_led, leader, team_of
from surveys.models import Response

PRESENT, EXCUSED = HuddleAttendance.Status.PRESENT, HuddleAttendance.Status.EXCUSED


def attendance_of(huddle: Huddle) -> dict[int, str]:
    """Employee -> present or excused, as noted."""
    return dict(huddle.attendance.values_list("employee", "status"))


def fingerprint(noted: Mapping[int, str]) -> str:
    """What a page showed: who saves another list than the one they saw is told so."""
    return " ".join(f"{who}:{status}" for who, status in sorted(noted.items()))


@transaction.atomic
def note_attendance(
    *, huddle: Huddle, present: Collection[int], excused: Collection[int] = (), seen: str | None = None, by: User,
    at: datetime,
) -> Huddle:  # fmt: skip
    """Who is there, and who had said that they could not (ids of employees of the team). Who was to lead and is not
    there hands over to whose turn it is among those who are. The same again changes nothing; `seen` is the
    fingerprint of the list that was on the screen, and one that was changed meanwhile is not overwritten."""
    held = _going_on(huddle, at)
    team = {who.pk: who for who in team_of(held.unit, on=held.day)}
    said = dict.fromkeys(excused, EXCUSED) | dict.fromkeys(present, PRESENT)
    if not set(said) <= set(team):
        raise HuddleRefused("Somebody on the list does not work here today. Load the page anew.")
    noted = attendance_of(held)
    if said == noted:
        return held
    if seen is not None and seen != fingerprint(noted):
        raise HuddleRefused("Somebody else noted who is there meanwhile. Look at the list, then save again.")
    held.attendance.all().delete()
    HuddleAttendance.objects.bulk_create(
        HuddleAttendance(huddle=held, employee_id=who, status=status) for who, status in said.items()
    )
    there = [team[who] for who, status in said.items() if status == PRESENT]
    if there and held.lead_id not in present:
        held.lead = leader(held.unit_id, there, last_led([held.unit_id], before=held.day))
        held.save(update_fields=["lead"])
    figures = {"present": len(there), "excused": len(said) - len(there), "lead": held.lead_id}
    Event.objects.record("huddle.attended", subject=held, by=by, at=at, **figures)
    return held


@transaction.atomic
def agree(
    *, huddle: Huddle, key: UUID, what: str, owner: Employee, due_on: date, by: User, at: datetime
) -> HuddleAction:
    """Somebody does something by a day. `key` is the form's own: sent twice it is one action."""
    held = _going_on(huddle, at)
    known = HuddleAction.objects.filter(public_id=key, huddle=held).first()
    if known is not None:
        return known
    said = clean_line(what, limit=300)
    if not said:
        raise HuddleRefused("Say what is to be done.")
    if owner.pk not in {who.pk for who in team_of(held.unit, on=held.day)}:
        raise HuddleRefused(f"{owner} does not work here today: somebody of the team owns it.")
    if due_on < held.day:
        raise HuddleRefused("Its day cannot lie before the huddle.")
    action = HuddleAction.objects.create(
        public_id=key, huddle=held, unit=held.unit, what=said, owner=owner, due_on=due_on, by=by, at=at
    )
    Event.objects.record(
        "huddle_action.agreed", subject=action, by=by, at=at, huddle=held.pk, owner=owner.pk, due_on=f"{due_on}"
    )
    return action


@transaction.atomic
def settle(*, action: HuddleAction, outcome: str, why: str = "", by: User, at: datetime) -> HuddleAction:
    """It was done, or is dropped (and why): in a huddle or on any day between two. It stands on no later agenda. The
    same again changes nothing; the contrary is refused."""
    held = HuddleAction.objects.select_for_update().select_related("unit").get(pk=action.pk)
    said = clean_line(why, limit=300)
    if held.outcome == outcome:
        return held
    if held.outcome:
        raise HuddleRefused(f"It was settled as {held.get_outcome_display().lower()} already.")
    if outcome == HuddleAction.Outcome.DROPPED and not said:
        raise HuddleRefused("Say why it is dropped: whoever agreed on it reads it.")
    held.outcome, held.why, held.settled_at, held.settled_by = outcome, said, at, by
    held.save(update_fields=["outcome", "why", "settled_at", "settled_by"])
    Event.objects.record("huddle_action.settled", subject=held, by=by, at=at, outcome=outcome, huddle=held.huddle_id)
    return held


@transaction.atomic
def raise_item(*, huddle: Huddle, subject: Ticket | Response, why: str = "", by: User, at: datetime) -> Elevation:
    """Raise what stands on the agenda to the outer loop, as the team's; whose words they are hears of it like any
    other. Raises HuddleRefused for what is not on the agenda, TicketRefused where the outer loop refuses it."""
    held = _going_on(huddle, at)
    if not stands_on(held, subject):
        raise HuddleRefused("It is not on the agenda of this huddle.")
    reason = why.strip() or f"The team raised it in its huddle of {held.day:%-d %B %Y}."
    elevation = elevate(subject=subject, why=reason, by=by, at=at)
    _, is_new = HuddleElevation.objects.get_or_create(huddle=held, elevation=elevation, defaults={"at": at})
    if is_new:
        Event.objects.record("huddle.raised", subject=held, by=by, at=at, elevation=elevation.pk)
    return elevation


def item_of(
    huddle: Huddle, *, principal: Principal, response: int | None, ticket: UUID | None
) -> Ticket | Response | None:
    """The row behind an item of the agenda: words are the round's, whoever reads it; a ticket must be in sight."""
    if response is not None:
        said = Response.objects.select_related("customer", "unit").filter(pk=response).first()
        return said if said is not None and stands_on(huddle, said) else None
    seen = Ticket.objects.visible_to(principal, "closedloop.add_elevation").select_related("unit")
    found = seen.filter(public_id=ticket).first() if ticket is not None else None
    return found if found is not None and stands_on(huddle, found) else None


def stands_on(huddle: Huddle, subject: Ticket | Response) -> bool:
    agenda = huddle.agenda or {}
    if isinstance(subject, Response):
        return any(row["response"] == subject.pk for row in agenda.get("words", []))
    rows = [*agenda.get("tickets", {}).get("rows", []), *agenda.get("promises", {}).get("rows", [])]
    return any(row["ticket"] == str(subject.public_id) for row in rows)


@transaction.atomic
def close(*, huddle: Huddle, note: str = "", by: User, at: datetime) -> Huddle:
    """It is over; what is written stays as it is. Saying the same again changes nothing, another word is refused."""
    said = clean(note, limit=2_000).text
    if Huddle.objects.filter(pk=huddle.pk, closed_at__isnull=False, closed_by=by, note=said).exists():
        return huddle
    held = _open(huddle)
    held.note, held.closed_at, held.closed_by = said, at, by
    held.save(update_fields=["note", "closed_at", "closed_by"])
    figures = {"present": held.attendance.filter(status=PRESENT).count(), "actions": held.actions.count()}
    Event.objects.record("huddle.closed", subject=held, by=by, at=at, **figures)
    return held


def _open(huddle: Huddle) -> Huddle:
    """The huddle, locked until the transaction ends."""
    held = Huddle.objects.select_related("unit", "closed_by").select_for_update(of=("self",)).get(pk=huddle.pk)
    if held.closed_at is not None:
        when = f"{held.closed_at.astimezone(held.unit.zone_info):%-d %B at %H:%M}"
        who = f" by {held.closed_by.get_full_name() or held.closed_by.username}" if held.closed_by else ""
        raise HuddleRefused(f"This huddle was closed{who} on {when}. What is new belongs to the next one.")
    if held.opened_at is None:
        raise HuddleRefused("This huddle has not been opened yet.")
    return held


def _going_on(huddle: Huddle, at: datetime) -> Huddle:
    held = _open(huddle)
    if not held.goes_on(at):
        raise HuddleRefused(f"The huddle of {held.day:%-d %B} is over: its day has passed. It can only be closed.")
    return held
