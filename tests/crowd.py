"""A crowd around the walk (tests/walk.py): every table that a page lists grows, in sets, and so does every row's own
following (the answers of one customer, the attempts of one ticket, the versions of one program)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django_q.models import Failure, OrmQ, Schedule, Success

from analytics.models import AnswerFact, FillState, Goal, UnitDayScores, WorthCell, WorthPeriod
from closedloop.models import (
    Action,
    ActionKind,
    Alert,
    AlertRule,
    AuthorityLimit,
    CauseEdition,
    Closure,
    CustomerSignal,
    Elevation,
    Escalation,
    Finding,
    FollowUp,
    InitiativeStep,
    Letter,
    Observation,
    OutcomeNote,
    Pause,
    PriorityBand,
    Promise,
    RecoveryDraw,
    RecoveryStudy,
    RolloutStage,
    RootCause,
    RoutingRule,
    SavedFilter,
    SecondCoding,
    Seconding,
    ServicePolicy,
    Sizing,
    StageUnit,
    Telling,
    Ticket,
    TicketSignal,
)
from common.models import Event, Export, Heartbeat, Load, Trial, User
from crm.models import (
    Absence,
    Account,
    AccountMember,
    Acquisition,
    Assignment,
    Consent,
    ConsentWord,
    ContactPoint,
    CustomerOffer,
    DuplicateCandidate,
    EmployeeSkill,
    Feed,
    FeedState,
    FinancialRecord,
    Hold,
    LearnedDetail,
    LiftedSuppression,
    Merge,
    Offer,
    OfferOutcome,
    OrgUnit,
    Placement,
    ProfileDetail,
    Relationship,
    Reorganization,
    ReorganizationStep,
    Silence,
    Skill,
    Source,
    Suppression,
    UnitClosure,
    Upload,
)
from distribution.models import (
    Commitment,
    Digest,
    Dispatch,
    Huddle,
    News,
    PolicyNotice,
    Remark,
    Settlement,
    Story,
    Subscription,
    SubscriptionRun,
    Talk,
    Thanks,
)
from surveys.models import (
    Answer,
    Approval,
    Brake,
    Decision,
    DeliveryAttempt,
    InboundMail,
    Invitation,
    Message,
    Passage,
    PassageTopic,
    Readiness,
    Rehearsal,
    Replay,
    Response,
    Topic,
    TopicRule,
    TriggerHealth,
    TriggerRun,
    Turn,
)
from tests.walk import Walk
from tests.world import NOW, World

_number = count(10_000)  # no name of the crowd is the beginning of another
HOUR = timedelta(hours=1)


def copies(row: Model, number: int, /, **differing: Callable[[int], Any]) -> list[Any]:
    """`number` rows like `row`; `differing`: field -> function of the place in the set. Texts and ids that must be
    unique take `fresh`."""
    kept = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    rows = [type(row)(**kept | {name: make(k) for name, make in differing.items()}) for k in range(number)]
    return type(row)._base_manager.bulk_create(rows)


def fresh(k: int) -> str:
    return f"crowd-{next(_number)}"


def uuid(k: int) -> Any:
    return uuid4()


def nothing(k: int) -> None:
    return None


def each(rows: list[Any]) -> Callable[[int], Any]:
    """The id of the row at the same place of another set."""
    return lambda k: rows[k].pk


def grow(world: World, found: Walk, number: int) -> None:
    """`number` more rows in every table that some page lists, and around every row of the walk."""
    units = _organization(world, number)
    customers = _customers(world, units, number)
    people = _people(world, units, number)
    _configuration(found, number)
    _earned(world, customers, number)
    invitations = _asked(world, found, customers, number)
    signals = _heard(world, found, customers, invitations, number)
    _worked(world, found, customers, signals, number)
    _told(world, found, units, people, number)
    _library(world, found, people, number)
    _machine(world, number)
    _feeds(number)


def _organization(world: World, number: int) -> list[OrgUnit]:
    units = copies(world.mill, number, external_id=fresh, name=fresh)
    copies(Placement.objects.get(unit=world.mill), number, unit_id=each(units))
    for path in UnitClosure.objects.filter(descendant=world.mill, depth__gt=0):
        copies(path, number, descendant_id=each(units))
    itself = UnitClosure.objects.get(descendant=world.mill, depth=0)
    copies(itself, number, ancestor_id=each(units), descendant_id=each(units))
    copies(world.calendar, number, code=fresh)
    copies(world.visit, number, code=fresh)
    copies(world.hierarchy, number, code=fresh, is_primary=lambda _: False)
    copies(world.crm_key, number, digest=fresh)
    plan = Reorganization(
        name="Crowd", effective_on=NOW.date(), hierarchy=world.hierarchy, source="crm", drafted_at=NOW
    )
    plans = copies(plan, number)
    first = Reorganization.objects.order_by("pk")[0]
    last = first.steps.count()
    copies(ReorganizationStep(reorganization=first, kind="close", unit="x"), number, number=lambda k: last + 1 + k)
    copies(ReorganizationStep(number=1, kind="close", unit="x"), number - 1, reorganization_id=each(plans[1:]))
    return units


def _people(world: World, units: list[OrgUnit], number: int) -> list[Any]:
    users = copies(world.jonas.user, number, username=fresh, email=fresh)
    people = copies(world.jonas, number, external_id=fresh, user_id=each(users))
    place = Assignment.objects.filter(employee=world.jonas)[0]
    copies(place, number, employee_id=each(people))
    copies(place, number, unit_id=each(units))
    return people


def _customers(world: World, units: list[OrgUnit], number: int) -> list[Any]:
    customers = copies(world.ines, number, external_id=fresh, unit_id=each(units))
    address = ContactPoint.objects.filter(customer=world.ines)[0]
    copies(address, number, customer_id=each(customers))
    copies(address, number, normalized=fresh, address_hash=fresh)
    said = Consent(customer=world.ines, channel="email", purpose="survey", granted=True, at=NOW)
    copies(said, number, customer_id=each(customers))
    held = Hold(customer=world.ines, kind="legal", since=NOW)
    copies(held, number, cause=fresh, public_id=uuid)
    copies(held, number, customer_id=each(customers), public_id=uuid)
    _persons(world, customers, number)
    copies(Suppression(channel="email", reason="manual", at=NOW), number, address_hash=fresh)
    copies(world.interaction, number, external_id=fresh)
    copies(world.interaction, number, external_id=fresh, customer_id=each(customers), unit_id=each(units))
    return customers


def _earned(world: World, customers: list[Any], number: int) -> None:
    kinds: tuple[Any, ...] = (FinancialRecord, Relationship, Acquisition)
    for kind in kinds:
        row = kind.objects.filter(customer=world.ines).order_by("pk")[0]
        copies(row, number, external_id=fresh, customer_id=each(customers))
    for kind in (FinancialRecord, Relationship):
        copies(kind.objects.filter(customer=world.ines)[0], number, external_id=fresh)
    offer = Offer.objects.get(external_id="gold")
    given = CustomerOffer.objects.filter(customer=world.ines).order_by("pk")[0]
    offers = copies(offer, number, external_id=fresh)
    copies(given, number, external_id=fresh, offer_id=each(offers))
    copies(given, number, external_id=fresh, customer_id=each(customers))
    copies(OfferOutcome.objects.filter(customer=world.ines).order_by("pk")[0], number, offer_id=each(offers))
    details = copies(ProfileDetail.objects.get(code="birth"), number, code=fresh)
    copies(LearnedDetail.objects.filter(customer=world.ines).order_by("pk")[0], number, detail_id=each(details))
    period, _ = WorthPeriod.objects.get_or_create(
        code="2026-10", defaults={"starts_on": "2026-10-01", "ends_before": "2026-11-01", "filled_at": NOW}
    )
    copies(period, number, code=fresh)
    cell = {"period": period, "unit": world.harbour, "category": "promoter", "n": 1, "s1": 1, "s2": 1, "s3": 1}
    for measure, currency in (("customers", ""), ("churn", ""), ("revenue", "EUR")):
        copies(WorthCell(measure=measure, currency=currency, **cell), number, segment=fresh)


def _persons(world: World, customers: list[Any], number: int) -> None:
    """Words on consent, accounts and their members, pairs and merges, around the customer and elsewhere."""
    word = ConsentWord.objects.filter(channel="email")[0]
    copies(word, number, customer_id=each(customers))
    copies(word, number, at=lambda k: NOW - timedelta(days=next(_number)))
    account = Account.objects.all()[0]
    accounts = copies(account, number, external_id=fresh, name=fresh)
    member = AccountMember.objects.all()[0]
    copies(member, number, account_id=each(accounts))
    copies(member, number, customer_id=each(customers))
    copies(DuplicateCandidate.objects.all()[0], number, second_id=each(customers), settled_at=nothing)
    copies(Merge.objects.all()[0], number, merged_id=each(customers), public_id=uuid, undone_at=lambda _: NOW)
    copies(LiftedSuppression.objects.all()[0], number, address_hash=fresh)


def _configuration(found: Walk, number: int) -> None:
    program = found.invitation.program
    programs = copies(program, number, code=fresh, active=lambda _: False)
    version = found.invitation.version
    last = program.versions.count()
    copies(version, number, number=lambda k: last + 1 + k, published_at=nothing)
    copies(version, number, program_id=each(programs), published_at=nothing)
    _approvals(version, number)
    copies(Brake(what="bounces", level="stop", at=NOW, released_at=NOW), number, program_id=each(programs))
    copies(found.link, number, public_id=uuid, code=lambda _: uuid4().hex[:14])
    copies(Rehearsal(version=version, first_day=NOW, last_day=NOW, requested_at=NOW), number)
    copies(AlertRule.objects.all()[0], number, code=fresh, active=lambda _: False)
    copies(ServicePolicy.objects.all()[0], number, code=fresh)
    last = CauseEdition.objects.count()
    drafts = copies(CauseEdition.objects.all()[0], number, number=lambda k: last + 1 + k, published_at=nothing)
    cause = RootCause.objects.all()[0]
    copies(cause, number, edition_id=lambda _: drafts[0].pk, code=fresh, parent_id=nothing)
    copies(ActionKind.objects.all()[0], number, code=fresh)
    copies(AuthorityLimit.objects.all()[0], number, currency=lambda k: f"{AuthorityLimit.objects.count() + k:03d}")
    copies(RecoveryStudy(name="Crowd", agreed_on=NOW, since=NOW, until=NOW + timedelta(days=9)), number, code=fresh)
    copies(RoutingRule.objects.all()[0], number, code=fresh)
    copies(PriorityBand.objects.all()[0], number, code=fresh, active=lambda _: False)
    skills = copies(Skill.objects.all()[0], number, code=fresh)
    copies(EmployeeSkill.objects.all()[0], number, skill_id=each(skills))
    copies(Absence.objects.all()[0], number, external_id=fresh)
    copies(TriggerRun.objects.all()[0], number)
    run = TriggerRun.objects.all()[0]
    copies(Replay(run=run, decisions=1, requested_at=NOW, state="done"), number)
    decision = Decision.objects.get(program=program, occasion=f"interaction:{found.invitation.interaction_id}")
    copies(decision, number, occasion=fresh)
    copies(decision, number, program_id=each(programs))


def _approvals(version: Any, number: int) -> None:
    """Two requests about every draft of the program: an old one that was refused, and one that waits."""
    asks, decides = (User.objects.get_or_create(username=name)[0] for name in ("asks", "decides"))
    drafts = version.program.versions.filter(published_at__isnull=True).order_by("-number")[:number]
    said = {"requested_by": asks, "requested_at": NOW}
    answered = {"decided_by": decides, "decided_at": NOW, "granted": False, "answer": "Not yet."}
    Approval.objects.bulk_create(Approval(version=draft, **said, **answered) for draft in drafts)
    Approval.objects.bulk_create(Approval(version=draft, **said) for draft in drafts)


def _asked(world: World, found: Walk, customers: list[Any], number: int) -> list[Invitation]:
    turn = Turn(
        program=found.invitation.program, customer=world.ines, unit=world.harbour, occurred_at=NOW, due_at=NOW,
        created_at=NOW, triggered_at=NOW,
    )  # fmt: skip
    copies(turn, number, key=fresh, customer_id=each(customers))
    copies(TriggerHealth(program=found.invitation.program, at=NOW), number, source=fresh)
    invitations = copies(
        found.invitation,
        number,
        public_id=uuid,
        interaction_id=nothing,
        contact_id=nothing,
        customer_id=each(customers),
    )
    message = Message.objects.filter(invitation=found.invitation)[0]
    copies(message, number, invitation_id=each(invitations))
    mail = InboundMail(
        source="pipe", size=1, received_at=NOW, due_at=NOW, judged_at=NOW, verdict="reply", message=message,
        suggested_score=9,
    )  # fmt: skip
    copies(mail, number, key=fresh, invitation_id=each(invitations))
    last = DeliveryAttempt.objects.filter(message=message).count()
    copies(DeliveryAttempt(message=message, started_at=NOW), number, number=lambda k: last + 1 + k)
    return invitations


def _heard(
    world: World, found: Walk, customers: list[Any], invitations: list[Invitation], number: int
) -> list[CustomerSignal]:
    copies(found.elsewhere, number, public_id=uuid, external_id=fresh, customer_id=lambda _: world.ines.pk)
    answers = copies(
        found.response, number, public_id=uuid, invitation_id=each(invitations), customer_id=each(customers)
    )
    _read(answers, number)
    last = Answer.objects.filter(response=found.response).count()
    step = Answer(response=found.response, question="crowd", value=2, at=NOW)
    copies(step, number, revision=lambda k: last + 10 + k)
    fact = AnswerFact.objects.all()[0]
    copies(fact, number, response_id=each(answers))
    signal = found.alert.signal
    signals = copies(
        signal, number, source_id=fresh, response_id=each(answers), customer_id=each(customers), interaction_id=nothing
    )
    about = copies(signal, number, source_id=fresh)  # of the walk's own interaction
    tickets = copies(found.ticket, number, public_id=uuid, is_open=lambda _: False)  # of the same customer, long closed
    copies(Closure(outcome="resolved", at=NOW), number, ticket_id=each(tickets))
    findings = copies(Finding(learned="Crowd.", at=NOW), number, ticket_id=each(tickets))
    copies(SecondCoding(asked_at=NOW), number, finding_id=each(findings))
    _owed(world, found, tickets, number)
    copies(SavedFilter(by=world.olivia.user, query="queue=mine"), number, name=fresh)
    _raised(found, customers, answers, tickets, number)
    copies(TicketSignal(at=NOW), number, ticket_id=each(tickets), signal_id=each(about))
    return signals


def _owed(world: World, found: Walk, tickets: list[Any], number: int) -> None:
    """Actions that wait, promises, steps and letters, on the walk's ticket and on others."""
    action = Action(done="Crowd.", currency="EUR", recompense=5, at=NOW, by=world.jonas.user)
    promise = Promise(what="Crowd.", at=NOW, due_at=NOW)
    step = FollowUp(what="Crowd.", at=NOW, due_at=NOW, to=world.helen)
    letter = Letter(text="Crowd.", language="en", at=NOW, due_at=NOW, state="failed")
    for row in (action, promise, step, letter):
        copies(row, number, public_id=uuid, ticket_id=each(tickets))
        copies(row, number, public_id=uuid, ticket_id=lambda _: found.ticket.pk)


def _raised(found: Walk, customers: list[Any], answers: list[Any], tickets: list[Any], number: int) -> None:
    """Initiatives beside the walk's, which itself has stages, decisions, sizings and cases of its own; the walk's case
    in each of the others, and words that wait."""
    first, case = found.initiative, Elevation.objects.order_by("pk")[0]
    others = copies(first, number, public_id=uuid)
    copies(case, number, public_id=uuid, ticket_id=each(tickets))
    copies(case, number, public_id=uuid, initiative_id=each(others))
    copies(case, number, public_id=uuid, ticket_id=nothing, response_id=each(answers), initiative_id=nothing,
           taken_in_at=nothing)  # fmt: skip
    seconding = Seconding.objects.order_by("pk")[0]
    copies(seconding, number, by_id=nothing)
    copies(Sizing.objects.order_by("pk")[0], number)
    copies(Sizing.objects.order_by("pk")[0], number, initiative_id=each(others))
    copies(InitiativeStep.objects.order_by("pk")[0], number)
    copies(Telling.objects.order_by("pk")[0], number)
    note = OutcomeNote.objects.order_by("pk")[0]
    copies(note, number, public_id=uuid, customer_id=each(customers))
    copies(note, number, public_id=uuid, initiative_id=each(others))
    last = first.stages.count()
    stages = copies(RolloutStage.objects.order_by("pk")[0], number, number=lambda k: last + 1 + k)
    units = OrgUnit.objects.exclude(pk__in=first.stage_units.values("unit")).order_by("-pk")[:number]
    place = StageUnit.objects.order_by("pk")[0]
    copies(place, number, stage_id=each(stages), unit_id=each(list(units)))


def _read(answers: list[Any], number: int) -> None:
    """The answers' words with a topic each; the first has a topic that a person set."""
    topic, _ = Topic.objects.get_or_create(code="crowd", defaults={"name": "Crowd"})
    TopicRule.objects.bulk_create(
        TopicRule(topic=each_topic, language="en", expression="crowd", changed_at=NOW)
        for each_topic in copies(topic, number, code=fresh)
    )
    passages = Passage.objects.bulk_create(
        Passage(
            kind="answer", source_id=row.pk, response=row, unit_id=row.unit_id, said_at=NOW, language="en",
            text="Crowd", tsv="", read_at=NOW,
        )
        for row in answers
    )  # fmt: skip
    PassageTopic.objects.bulk_create(PassageTopic(passage=passage, topic=topic, at=NOW) for passage in passages)


def _drawn(found: Walk, signals: list[CustomerSignal], number: int) -> None:
    """Everybody in a study of their own: half called."""
    lot = RecoveryDraw(
        study=RecoveryStudy.objects.order_by("-pk")[0], rule=AlertRule.objects.all()[0], unit=found.ticket.unit,
        draw=1, probability="0.050", arm="called", at=NOW, ask_at=NOW + timedelta(days=21),
    )  # fmt: skip
    whose = [signal.customer_id for signal in signals]
    copies(lot, number, occasion=fresh, signal_id=each(signals), customer_id=lambda k: whose[k])


def _worked(world: World, found: Walk, customers: list[Any], signals: list[CustomerSignal], number: int) -> None:
    tickets = copies(
        found.ticket,
        number,
        public_id=uuid,
        customer_id=each(customers),
        origin_id=each(signals),
        is_open=lambda _: True,
        owner_id=lambda _: world.helen.pk,
    )
    copies(TicketSignal(at=NOW), number, ticket_id=each(tickets), signal_id=each(signals))
    _drawn(found, signals, number)
    tried = found.ticket.attempts.exclude(outcome="")[0]
    copies(tried, number, ticket_id=each(tickets))
    copies(tried, number, number=lambda k: next(_number))
    clocks = copies(found.ticket.clocks.all()[0], number, ticket_id=each(tickets))
    Escalation.objects.update(raised_at=NOW, employee=world.rosa)  # what is only planned stands on no page
    late = Escalation(percent=100, step=7, to="above", due_at=NOW, raised_at=NOW, employee=world.rosa)
    copies(late, number, clock_id=each(clocks))
    gone = [NOW - next(_number) * HOUR for _ in range(number)]
    Pause.objects.bulk_create(
        Pause(ticket=found.ticket, reason="customer", at=at, ends_at=at + HOUR / 2) for at in gone
    )
    finding, action = found.ticket.findings.all()[0], found.ticket.actions.all()[0]
    copies(finding, number)
    copies(finding, number, ticket_id=each(tickets))
    copies(action, number, public_id=uuid)
    copies(action, number, public_id=uuid, ticket_id=each(tickets))
    found.ticket.handovers.bulk_create(
        found.ticket.handovers.model(ticket=found.ticket, to=world.helen, by=world.helen.user, at=NOW)
        for _ in range(number)
    )
    copies(found.alert, number, source_id=fresh, signal_id=each(signals), ticket_id=each(tickets))
    copies(found.alert.raisings.order_by("pk")[0], number, signal_id=each(signals), ticket_id=each(tickets))
    for seen in Observation.objects.filter(external_id__in=["call-1", "failure-1"]):
        told = copies(seen, number, external_id=fresh, customer_id=each(customers))
        heard = copies(signals[0], number, source_id=fresh, kind=lambda _, kind=seen.kind: kind, response_id=nothing,
                       observation_id=each(told))  # fmt: skip
        copies(TicketSignal(at=NOW), number, ticket_id=each(tickets), signal_id=each(heard))


def _told(world: World, found: Walk, units: list[OrgUnit], people: list[Any], number: int) -> None:
    copies(UnitDayScores.objects.all()[0], number, unit_id=each(units))
    pattern, counts = found.pattern, list(found.pattern.counts.all())
    patterns = copies(pattern, number, public_id=uuid, product=fresh)
    for row in counts:
        copies(row, number, pattern_id=each(patterns))
    launches = copies(found.launch, number, public_id=uuid, product=fresh)
    copies(found.launch.weeks.all()[0], number, launch_id=each(launches))
    copies(found.launch.shortfall.phrases.all()[0], number, place=lambda k: 2 + next(_number))
    copies(found.launch.shortfall, number, launch_id=each(launches))
    digest = found.digest
    digests = copies(digest, number, unit_id=each(units))
    oldest = Digest.objects.filter(unit=digest.unit).order_by("day")[0].day
    copies(digest, number, day=lambda k: oldest - timedelta(days=1 + k))
    huddles = copies(found.huddle, number, unit_id=each(units))
    first = Huddle.objects.filter(unit=found.huddle.unit).order_by("day")[0].day
    copies(found.huddle, number, day=lambda k: first - timedelta(days=1 + k))
    copies(found.agreed, number, public_id=uuid)
    copies(found.agreed, number, public_id=uuid, unit_id=each(units), huddle_id=each(huddles))
    copies(News.objects.all()[0], number)
    copies(Goal.objects.all()[0], number, unit_id=each(units))
    mail = Dispatch(kind="digest", due_at=NOW, created_at=NOW, state="handed_off")
    copies(mail, number, digest_id=each(digests), employee_id=each(people))
    alerts = list(Alert.objects.order_by("-pk")[:number])
    told = Dispatch(kind="alert", due_at=NOW, created_at=NOW, state="handed_off", employee=world.olivia)
    copies(told, number, alert_id=each(alerts), signal_id=lambda k: alerts[k].signal_id)
    view = SavedFilter(by=world.olivia.user, query="days=30", page="insights")
    views = copies(view, number, name=fresh)
    rows = copies(Subscription.objects.all()[0], number, public_id=uuid, view_id=each(views), name=fresh)
    copies(SubscriptionRun(day=NOW.date(), made_at=NOW, told=False), number, subscription_id=each(rows))
    endpoints = copies(found.endpoint, number, public_id=uuid)
    copies(found.delivery, number, message_id=fresh, endpoint_id=each(endpoints))
    copies(found.delivery, number, message_id=fresh)
    copies(found.delivery.tries.all()[0], number, number=lambda k: 2 + next(_number))
    _talked(world, found, number)
    calls = digest.content["calls"]["rows"]
    tickets = Ticket.objects.order_by("-pk").values_list("public_id", flat=True)[:number]
    calls.extend([{**calls[0], "ticket": str(ticket)} for ticket in tickets])
    digest.save(update_fields=["content"])


def _library(world: World, found: Walk, people: list[Any], number: int) -> None:
    """One by one: rows of two tables each."""
    for k in range(number):
        stands = {"unit": world.harbour, "written_at": NOW, "title": fresh(k), "words": "x", "author": world.helen}
        shown = {**stands, "state": "published", "published_at": NOW}
        Story.objects.create(kind="story", ticket=found.ticket, **shown)
        Story.objects.create(kind="story", initiative=found.initiative, by=world.olivia.user, **stands)
        PolicyNotice.objects.create(kind="notice", valid_from=NOW.date(), must_read=True, **shown)
    copies(found.notice.acknowledgements.all()[0], number, employee_id=each(people))


def _talked(world: World, found: Walk, number: int) -> None:
    """With the same employee, with whom the office leads, and with whoever looks at the pages; settled and open."""
    answers = list(Response.objects.filter(thanks=None).order_by("-pk")[:number])
    praised = [world.jonas.pk, world.olivia.pk]
    thanks = Thanks.objects.all()[0]
    copies(thanks, number, public_id=uuid, response_id=each(answers), employee_id=lambda k: praised[k % 2])
    for who, unit in ((world.jonas, world.harbour), (world.rosa, world.head_office), (world.olivia, world.head_office)):
        talk = Talk(employee=who, unit=unit, held_on=NOW.date(), to_try="Crowd", at=NOW)
        talks = copies(talk, number, public_id=uuid)
        agreed = copies(found.talk.commitments.all()[0], number, talk_id=each(talks))
        copies(Commitment(talk=found.talk, words="Crowd"), number, talk_id=each(talks))
        copies(Settlement(talk=found.talk, outcome="kept", at=NOW), number, commitment_id=each(agreed))
        copies(Remark(talk=found.talk, words="Crowd", at=NOW), number, talk_id=each(talks), public_id=uuid)


def _machine(world: World, number: int) -> None:
    Trial.objects.bulk_create(Trial(stage=fresh(k), first=k, last=k, since=NOW, due_at=NOW) for k in range(number))
    copies(Load(kind="responses", source="file", by=world.operator, started_at=NOW), number)
    copies(Export.objects.all()[0], number)
    Heartbeat.objects.bulk_create(Heartbeat(name=fresh(k), at=NOW) for k in range(number))
    FillState.objects.bulk_create(FillState(rollup=fresh(k), status="done", at=NOW) for k in range(number))
    Schedule.objects.bulk_create(Schedule(name=fresh(k), func="common.tasks.beat") for k in range(number))
    OrmQ.objects.bulk_create(OrmQ(key=fresh(k), payload="", lock=NOW) for k in range(number))
    for kind, success in ((Success, True), (Failure, False)):
        kind.objects.bulk_create(
            kind(id=fresh(k), name=fresh(k), func="common.tasks.beat", started=NOW, stopped=NOW, success=success)
            for k in range(number)
        )
    copies(Event(what="crowd.came", subject_kind="crm.customer", subject_id="0", by=world.operator, at=NOW), number)


def _feeds(number: int) -> None:
    sources = copies(Source(name="Desk", created_at=NOW), number, code=fresh)
    feeds = copies(Feed(kind="customers", began_at=NOW), number, source_id=each(sources))
    copies(Feed(source=sources[0], began_at=NOW), number, kind=fresh)
    copies(FeedState(at=NOW, yesterday=4, usual=5.0), number, feed_id=each(feeds))
    copies(Silence(rule="interval", since=NOW, noticed_at=NOW), number, feed_id=each(feeds))
    copies(Silence(feed=feeds[0], rule="volume", since=NOW, noticed_at=NOW, ended_at=NOW), number)
    line = {"program": "", "what": "reachable", "name": "", "have": 1, "of": 9, "late_hours": 0}
    copies(Readiness(at=NOW, days=90, lines=[line], verdict="missing"), number, source_id=each(sources))
    copies(Upload(source=sources[0], kind="customers", name="a.csv", size=9, at=NOW), number, public_id=uuid)


def remember(subject: Model, by: Any, number: int) -> None:
    """`number` events about one row, so that its history is long."""
    Event.objects.bulk_create(
        Event(what="crowd.passed", subject_kind=subject._meta.label_lower, subject_id=str(subject.pk), by=by, at=NOW)
        for _ in range(number)
    )
