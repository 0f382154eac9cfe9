"""One answer all the way through the house, by the services, at Harbour: what route and console tests look for.

Every text a person elsewhere must not see is in SECRETS.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from uuid import uuid4

from django.core.mail import EmailMessage
from django.utils import timezone

from analytics.models import Expectation, Goal, Launch, Pattern, PatternCount, Shortfall, ShortfallPhrase, WorthCell
from analytics.services.filling import fill
from analytics.services.worth.filling import count_period
from closedloop.models import (
    Alert,
    AuthorityLimit,
    FollowUp,
    Initiative,
    Letter,
    OutcomeNote,
    Promise,
    RootCause,
    RoutingRule,
    SavedFilter,
    SecondCoding,
    Sizing,
    Telling,
    Ticket,
)
from closedloop.services.elevating import elevate, start_initiative
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.models import Export
from common.senders import Outcome, Reply
from crm.models import Absence, Account, EmployeeSkill, Hold, Merge, Skill
from crm.stretches import stretch
from distribution.models import (
    Acknowledgement,
    Digest,
    Entry,
    Huddle,
    HuddleAction,
    News,
    PolicyNotice,
    Story,
    Talk,
    Thanks,
    WebhookDelivery,
    WebhookEndpoint,
)
from distribution.services.alerting import dispatch_alerts
from distribution.services.digesting import freeze_due
from distribution.services.huddling.keeping import agree, close, note_attendance
from distribution.services.huddling.opening import open_today
from distribution.services.huddling.planning import plan
from distribution.services.subscribing import subscribe
from surveys.models import Invitation, Passage, PublicLink, Response
from surveys.services.answering import record_comment, record_score
from surveys.services.dispatching import dispatch_due
from surveys.services.finishing import finish
from surveys.services.own_page.links import token_for
from surveys.services.permitting import record_consent
from surveys.services.public_links.making import make_link
from surveys.services.triggering.running import run_trigger
from tests.earned import REFERRER, earn
from tests.factories import closedloop
from tests.factories import surveys as make
from tests.persons import person
from tests.world import NOW, World

ALWAYS = 30_000  # days: pages look at today's clock, on whatever day the tests run
WORDS = "Nobody rang me back about the mislaid passbook."
LEARNED = "The passbook lay in the wrong drawer."
DONE = "Sent it by courier with a note."
SECRETS = [
    "Moreau",
    "Ines",
    "ines@example.org",
    "79460471",
    "mislaid passbook",
    "wrong drawer",
    "by courier",
    "Harbour",
    REFERRER,
    "412.5",
]


@dataclass
class Walk:
    invitation: Invitation
    response: Response
    alert: Alert
    ticket: Ticket
    digest: Digest
    survey_token: str
    elsewhere: Response  # collected elsewhere, about the same customer
    endpoint: WebhookEndpoint  # that hears of Harbour
    delivery: WebhookDelivery  # to it
    export: Export  # that Helen asked for
    hold: Hold  # a legal matter, as another system told us
    merge: Merge  # of a second row of the same customer
    account: Account  # which the customer decides for
    link: PublicLink  # a tablet in Harbour
    own_token: str  # of the customer's own page, good now
    stop_token: str  # of the mail's link not to be asked again
    step: FollowUp  # that Jonas was asked for
    initiative: Initiative  # for Harbour, from a case that Jonas raised
    pattern: Pattern  # across the branches of the North
    launch: Launch  # in Harbour, which fell short
    story: Story  # of the ticket, for the North alone
    draft: Story  # of the initiative, that Jonas wrote
    notice: PolicyNotice  # for Harbour, to be read by everybody there
    talk: Talk  # of Rosa with Helen, with something agreed on; praise was passed on to Jonas
    huddle: Huddle  # of Harbour's team, in which the customer's words stand
    agreed: HuddleAction  # in it


def accept(message: EmailMessage) -> Reply:
    """Hand-over to nobody: the walk is not about SMTP."""
    return Reply(Outcome.ACCEPTED, f"250 kept {message.subject[:20]}", address_is_bad=False)


def walk(world: World) -> Walk:
    """Asked, answered 2 with words and a wish to be called, ticket worked but open, digests frozen the next morning."""
    set_up_defaults()
    earn(world)
    period = count_period(span=stretch("2026-10"), at=NOW)
    WorthCell.objects.create(
        period=period, unit=world.harbour, category="promoter", measure="customers", n=1, s1=1, s2=1, s3=1
    )
    program = make.program(code="branch-visits", name="Branch visits")
    make.version(program=program, interaction_kind=world.visit, expiry_days=ALWAYS, edit_days=ALWAYS)
    run_trigger(at=NOW)
    dispatch_due(at=NOW, hand_over=accept)
    invitation = Invitation.objects.get(interaction=world.interaction)
    token = make.token(invitation)
    response = record_score(invitation=invitation, score=2, at=NOW + timedelta(minutes=10))
    record_comment(response=response, text=WORDS, at=NOW + timedelta(minutes=11))
    record_consent(
        response=response, callback=True, phone="", best_time="", may_quote=False, at=NOW + timedelta(minutes=12)
    )
    finish(response=response, at=NOW + timedelta(minutes=12))
    listen(minutes=13)
    ticket = Ticket.objects.get()
    work(ticket, world)
    fill(at=NOW + timedelta(hours=2))
    dispatch_alerts(at=NOW + timedelta(hours=2))
    freeze_due(at=NOW + timedelta(days=1))
    response.refresh_from_db()
    digest = Digest.objects.get(unit=world.harbour)
    elsewhere = make.response(
        unit=world.harbour, program=invitation.program, source="crm", external_id="old-1", comment=WORDS
    )
    alert = Alert.objects.filter(ticket=ticket)[0]
    closedloop.observed(world.interaction, words=WORDS)
    share(world)
    return Walk(
        invitation,
        response,
        alert,
        ticket,
        digest,
        token,
        elsewhere,
        *told_others(world),
        *person(world),
        *doors(world, invitation),
        owed(world, ticket),
        elevated(world, ticket),
        pattern(world),
        launched(world, response),
        *told_in_the_library(world, ticket, elsewhere),
        talked(world, response),
        *met(world),
    )


def told_in_the_library(world: World, ticket: Ticket, praise: Response) -> tuple[Story, Story, PolicyNotice]:
    """What everybody in the North reads, what waits to be published, and what Harbour is to read."""
    Response.objects.filter(pk=praise.pk).update(may_quote=True, classified_at=NOW)
    stands = {"unit": world.harbour, "written_at": NOW, "by": world.jonas.user, "author": world.jonas}
    shown = {**stands, "state": "published", "published_at": NOW, "audience": world.north}
    seal = hashlib.md5(praise.comment.encode(), usedforsecurity=False).hexdigest()
    quoted = {"response": praise, "seal": seal}
    story = Story.objects.create(
        kind="story", title="From the wrong drawer", words=DONE, ticket=ticket, **quoted, **shown
    )
    story.thanked.add(world.jonas)
    waits = Story.objects.create(
        kind="story", title="Drawers", words=DONE, initiative=Initiative.objects.get(), **stands
    )
    notice = PolicyNotice.objects.create(
        kind="notice", title="Papers go by courier", words="From now on.", valid_from=date(2026, 11, 1), must_read=True,
        **{**shown, "audience": world.harbour},
    )  # fmt: skip
    Acknowledgement.objects.create(notice=notice, employee=world.jonas, by=world.jonas.user, at=NOW)
    Entry.objects.create(kind="quote", **quoted, **shown)
    return story, waits, notice


def talked(world: World, response: Response) -> Talk:
    """What was noted of a talk, agreed on in it and said after, and praise passed on."""
    by = world.rosa.user
    talk = Talk.objects.create(
        employee=world.helen, unit=world.north, by=by, held_on=NOW.date(), to_try=LEARNED, at=NOW
    )
    talk.commitments.create(words=DONE)
    talk.remarks.create(public_id=talk.public_id, words=DONE, by=world.helen.user, at=NOW)
    Thanks.objects.create(response=response, employee=world.jonas, words=DONE, by=world.helen.user, at=NOW)
    return talk


def share(world: World) -> None:
    """How work is shared: a rule that is off, a skill, and somebody who will be away."""
    RoutingRule.objects.create(code="team", name="Team", active=False)
    skill = Skill.objects.create(kind="language", code="fr", name="French")
    EmployeeSkill.objects.create(employee=world.jonas, skill=skill, first_on=NOW.date())
    away = {"employee": world.jonas, "first_on": date(2030, 1, 7), "deputy": world.helen}
    Absence.objects.create(source="crm", external_id="away-1", **away)


def owed(world: World, ticket: Ticket) -> FollowUp:
    """What was promised and asked on the ticket, who may spend how much, and a letter that did not go out."""
    at, due_at = NOW + timedelta(hours=1), NOW + timedelta(days=3)
    Promise.objects.create(ticket=ticket, what="The passbook is there by Friday.", at=at, due_at=due_at)
    AuthorityLimit.objects.create(role="region", unit=world.head_office, currency="EUR", amount=500)
    Letter.objects.create(
        ticket=ticket, text="Your passbook is on its way.", language="en", by=world.helen.user, at=at, due_at=at,
        state="failed",
    )  # fmt: skip
    return FollowUp.objects.create(
        ticket=ticket, to=world.jonas, what="Look into the drawers.", at=at, due_at=due_at, by=world.helen.user,
        outcome="done", settled_at=at,
    )  # fmt: skip


def elevated(world: World, ticket: Ticket) -> Initiative:
    """The case was raised and seconded, and an initiative for Harbour came of it, sized and staged."""
    at, by = NOW + timedelta(hours=1), world.olivia.user
    raised = elevate(subject=ticket, why=LEARNED, by=world.jonas.user, at=at)
    elevate(subject=ticket, why=DONE, by=world.helen.user, at=at)
    begun = start_initiative(
        title="The right drawer", statement=LEARNED, unit=world.harbour, owner=world.helen, elevations=[raised],
        by=by, at=at,
    )  # fmt: skip
    begun.plan_stage(number=1, day=NOW.date(), units=[world.harbour], by=by, at=at)
    Sizing.objects.create(
        initiative=begun, at=at, by=by, since=at, until=at, customers=1, anonymous=0, effect=10, effect_source=LEARNED,
        period="2026-10", period_days=31, measure="margin", basis="overall", currency="EUR", value="412.5",
        value_low=0, value_high=900, worth="412.5", worth_low=0, worth_high=900,
    )  # fmt: skip
    telling = Telling.objects.create(initiative=begun, text=DONE, by=by, at=at, told_at=at)
    OutcomeNote.objects.create(
        telling=telling, initiative=begun, customer=world.ines, elevation=raised, due_at=at, state="failed"
    )
    return begun


def pattern(world: World) -> Pattern:
    """What the look across branches found in the North."""
    days = {"since": NOW.date() - timedelta(days=7), "upto": NOW.date() - timedelta(days=1)}
    found = Pattern.objects.create(
        kind="rising", product="Passbook", area=world.north, chance=1e-6, found_at=NOW, seen_on=days["upto"], **days
    )
    for unit in (world.harbour, world.mill):
        PatternCount.objects.create(
            pattern=found, unit=unit, complaints=5, answers=20, complaints_before=4, answers_before=200
        )
    return found


def launched(world: World, response: Response) -> Launch:
    """What fell short in Harbour, with a phrase of Ines."""
    launch = Launch.objects.create(
        name="The passbook", product="Passbook", day=NOW.date() - timedelta(days=8), area=world.harbour,
        owner=world.helen,
    )  # fmt: skip
    Expectation.objects.create(
        launch=launch, week=1, detractors=20, passives=5, promoters=5, compared=3, expected=30, sd=10, n_to_date=30,
        score_to_date=-50, expected_to_date=30, sd_to_date=10, p=1e-9, looked_at=NOW,
    )  # fmt: skip
    fell = Shortfall.objects.create(launch=launch, week=1, found_at=NOW, read_at=NOW)
    passages = list(Passage.objects.filter(response=response).values_list("pk", flat=True))
    ShortfallPhrase.objects.create(
        shortfall=fell, place=1, text="drawer", language="en", n=5, of=20, n_others=0, of_others=90, z=4, p=1e-6,
        passages=passages,
    )  # fmt: skip
    return launch


def subscribed(world: World) -> None:
    """Olivia has Harbour's scores on weekdays; kept under the name of a customer, whom nobody elsewhere is to see."""
    view = SavedFilter.objects.create(
        by=world.olivia.user, name="Since Ines Moreau", page="insights", query=f"unit={world.harbour.pk}&days=30"
    )
    row = subscribe(
        view=view, employee=world.olivia, by=world.olivia.user, at=NOW, when="days", weekdays=[0], zone="UTC",
        local_time=time(7, 30),
    )  # fmt: skip
    row.runs.create(day=NOW.date(), made_at=NOW, told=False)


def met(world: World) -> tuple[Huddle, HuddleAction]:
    """Harbour's team held its huddle, with a word of Ines, and agreed on something; closed, so that it looks
    the same on whatever day the tests run."""
    at, by = NOW + timedelta(hours=3), world.helen.user
    plan(unit=world.harbour, weekdays=[1], starts_at=time(8, 45), by=by, at=at)
    held = open_today(unit=world.harbour, by=by, at=at)
    note_attendance(huddle=held, present=[world.jonas.pk], by=by, at=at)
    action = agree(huddle=held, key=uuid4(), what=DONE, owner=world.jonas, due_on=held.day, by=by, at=at)
    return close(huddle=held, note=LEARNED, by=by, at=at), action


def doors(world: World, invitation: Invitation) -> tuple[PublicLink, str, str]:
    """Where people come in by themselves, and where they leave."""
    link = make_link(program=invitation.program, unit=world.harbour, place="Counter", kind="kiosk", at=NOW)
    return link, token_for(world.ines.pk, at=timezone.now()), make.token(invitation, "unsubscribe")


def told_others(world: World) -> tuple[WebhookEndpoint, WebhookDelivery, Export]:
    """What leaves the house for other systems, and for one's own spreadsheet."""
    endpoint = WebhookEndpoint.objects.create(
        name="Harbour's till", url="https://till.example.org/", types=["ticket.opened"], unit=world.harbour,
        created_at=NOW + timedelta(days=3),
    )  # fmt: skip
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, type="webhook.test", body="{}", message_id="msg_walk", state="handed_off", created_at=NOW,
        due_at=NOW, handed_off_at=NOW, customer=world.ines,
    )  # fmt: skip
    delivery.tries.create(number=1, at=NOW, status=200, milliseconds=20, reply="200")
    asked = Export.objects.create(by=world.helen.user, model="crm.customer", format="csv", asked_at=NOW, made_at=NOW)
    Goal.objects.create(
        unit=world.harbour, target=30, first_on=NOW.date() - timedelta(days=30), last_on=date(2099, 1, 1)
    )
    News.objects.create(title="Ours", text=DONE, unit=world.harbour, first_on=NOW.date(), last_on=date(2099, 1, 1))
    asked.parts.create(number=0, data=b"Ines Moreau")
    return endpoint, delivery, asked


def listen(*, minutes: int) -> None:
    raise_signals(at=NOW + timedelta(minutes=minutes))
    screen(at=NOW + timedelta(minutes=minutes))


def work(ticket: Ticket, world: World) -> None:
    by, at = world.helen.user, NOW + timedelta(hours=1)
    ticket.record_attempt(outcome="no_answer", note="Rang twice.", by=by, at=at)
    found = ticket.record_finding(learned=LEARNED, root_cause=RootCause.objects.get(code="mistake"), by=by, at=at)
    SecondCoding.objects.create(finding=found, asked_at=at)
    SavedFilter.objects.create(by=world.olivia.user, name="Ours", query="queue=team", unit=world.harbour)
    subscribed(world)
    ticket.record_action(done=DONE, cost=Decimal("12.50"), currency="EUR", by=by, at=at)
