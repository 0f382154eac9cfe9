"""Dispositions: every invitation has exactly one, the same by the rule and in SQL; and the AAPOR's rates."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product

import pytest
from django.db.models import Count

from common.models.outgoing import State
from surveys.dispositions import KINDS, LABELS, Disposition, Facts, Rates, disposition, rates
from surveys.models import InboundMail, Invitation, Message, Refusal, Response
from surveys.models.dispositions import went_out, with_disposition
from surveys.services.stopping import stop_asking
from tests.factories import analytics as make
from tests.factories.crm import NOW

ANSWERS = {"": {}, "words": {}, "score": {"score": 9}, "end": {"score": 9, "status": Response.Status.COMPLETE}}
ASKS = ["", *State]
RETURNED = ["", "ask", "reminder", "nobody knows which"]


def test_the_rates_are_those_of_the_vector():
    found = Rates(i=480, p=40, r=60, nc=1000, o=20, u=400, e=0.9)
    assert [round(rate, 6) for rate in (found.rr1, found.rr2, found.rr3, found.rr4, found.rr5, found.rr6)] == [
        0.24, 0.26, 0.244898, 0.265306, 0.3, 0.325,
    ]  # fmt: skip
    assert [round(rate, 6) for rate in (found.coop1, found.coop3, found.ref1, found.con1)] == [
        0.8, 0.827586, 0.03, 0.3,
    ]  # fmt: skip


def test_of_nobody_there_is_no_rate():
    assert [Rates().rr1, Rates().rr4, Rates().coop1, Rates().con1] == [None] * 4


def test_classes_add_up_from_dispositions_and_what_never_left_only_tells_how_many_are_eligible():
    found = rates({each: number for number, each in enumerate(Disposition, 1)})
    assert (found.i, found.p, found.r, found.nc, found.o, found.u) == (1, 2, 3 + 4, 5 + 6, 0, 7 + 8 + 9)
    assert (found.n, found.e) == (45, 21 / 31)


def test_every_disposition_has_a_class_and_a_label():
    assert set(KINDS) == set(LABELS) == set(Disposition)


@pytest.mark.django_db
def test_the_rule_and_its_sql_give_every_invitation_the_same_one_whatever_its_rows_say(world):
    states = list(product(ANSWERS, (False, True), ASKS, (None, "handed_off", "pending"), RETURNED, (False, True)))
    rows = make.invitations(unit=world.harbour, customer=world.ines, number=len(states), on=NOW.date())
    cases = list(zip(rows, states, strict=True))
    for row, state in cases:
        row.expires_at = NOW - timedelta(1) if state[5] else NOW + timedelta(1)
    Invitation.objects.bulk_update(rows, ["expires_at"])
    _store(world, cases)
    seen = dict(with_disposition(Invitation.objects.filter(pk__in=[row.pk for row in rows]), at=NOW).values_list(
        "pk", "disposition"
    ))  # fmt: skip
    told = {row.pk: disposition(facts(*state)).value for row, state in cases}
    assert seen == told
    assert Counter(told.values()).keys() == set(Disposition)  # none is out of reach
    counted = with_disposition(Invitation.objects.all(), at=NOW).values("disposition").annotate(n=Count("pk"))
    assert sum(row["n"] for row in counted) == Invitation.objects.count()
    out = set(Invitation.objects.filter(went_out()).values_list("pk", flat=True))
    never = {Disposition.NOT_ASKED, Disposition.WAITING}
    asked_first = [(row, state) for row, state in cases if state[3] != "handed_off" or state[2] == "handed_off"]
    assert [row.pk for row, _ in asked_first if (told[row.pk] in never) == (row.pk in out)] == []


def facts(answer, refused, ask, reminder, returned, expired) -> Facts:
    """What those rows say, told apart by hand: a mail that came back without its message may have been any."""
    arrived = {"ask": ask == "handed_off", "reminder": reminder == "handed_off"}
    which = {"ask": ["ask"] if ask else list(arrived), "reminder": ["reminder"] if reminder else list(arrived)}
    lost = which.get(returned, list(arrived) if returned else [])
    reached = any(there for kind, there in arrived.items() if kind not in lost)
    return Facts(
        begun=bool(answer), scored=answer in {"score", "end"}, finished=answer == "end", refused=refused, ask=ask,
        reached=reached, returned=bool(returned), expired=expired,
    )  # fmt: skip


def _store(world, cases) -> None:
    """The rows of each case, with a few statements."""
    messages, answers, refusals, mails = [], [], [], []
    for row, (answer, refused, ask, reminder, _, _) in cases:
        sent = {"invitation": row, "created_at": NOW, "due_at": NOW}
        messages += [Message(**sent, kind="ask", state=ask)] if ask else []
        messages += [Message(**sent, kind="reminder", state=reminder)] if reminder else []
        if answer:
            fields = {"program": row.program, "unit": row.unit, "answered_at": NOW, "updated_at": NOW}
            answers.append(Response(invitation=row, **fields, **ANSWERS[answer]))
        if refused:
            refusals.append(Refusal(invitation=row, at=NOW, how="link"))
    stored = {(one.invitation_id, one.kind): one for one in Message.objects.bulk_create(messages)}
    Response.objects.bulk_create(answers)
    Refusal.objects.bulk_create(refusals)
    for number, (row, (*_, returned, _)) in enumerate(cases):
        if returned:
            mail = {"key": f"mail {number}", "size": 1, "received_at": NOW, "due_at": NOW, "verdict": "bounce"}
            mails.append(InboundMail(**mail, invitation=row, message=stored.get((row.pk, returned))))
    InboundMail.objects.bulk_create(mails)


@pytest.mark.django_db
def test_who_stops_us_by_the_link_has_refused_this_invitation_and_saying_it_twice_is_once(world):
    first, other = make.invitations(unit=world.harbour, customer=world.ines, number=2, on=NOW.date())
    stop_asking(invitation=first, at=NOW)
    stop_asking(invitation=first, at=NOW + timedelta(hours=1))
    assert Refusal.objects.values_list("invitation", "at", "how").get() == (first.pk, NOW, "link")
    found = dict(with_disposition(Invitation.objects.all(), at=NOW).values_list("pk", "disposition"))
    assert found == {first.pk: "refused", other.pk: "open"}
