"""Coverage is read from tallies and says what the decisions say; a unit's parts, read at once, what each table says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from analytics.maths.scorecards import Period
from analytics.services.filling import fill
from analytics.services.scoring import score_card, score_card_and_below, score_cards_by, score_parts
from analytics.services.tallying import Cut, decided_one_by_one, tally
from crm.models import OrgUnit
from crm.services.organization.succeeding import divide_unit
from crm.services.placing import place
from crm.viewpoints import View
from surveys.models import ProgramVersion, Reason
from tests.factories import analytics as make
from tests.factories import crm as make_crm
from tests.world import NOW

BEFORE, ON, AFTER = date(2026, 10, 5), date(2026, 10, 10), date(2026, 11, 15)
PERIOD = Period(date(2026, 10, 3), date(2026, 11, 20))
ASKED = {"start": PERIOD.start, "end": PERIOD.end, "at": NOW}
VIEWS = (View.as_was(), View.as_is(), View.as_of(BEFORE), View.as_is(known_at=NOW - timedelta(hours=1)))


@pytest.fixture
def history(world):
    """Two programs, one of them by phone, and a third on another scale; a unit that moved and one that was divided."""
    calls, stars = make.program("calls"), make.program("stars")
    published = {"number": 1, "seed": "s", "created_at": NOW, "published_at": NOW}
    ProgramVersion.objects.create(program=calls, channel="phone", **published)
    ProgramVersion.objects.create(program=stars, scale_min=1, scale_max=5, **published)
    for number, on in enumerate((date(2026, 9, 1), BEFORE, ON, AFTER)):
        for unit in (world.harbour, world.mill, world.station):
            for of in (None, calls, stars):
                person, reasons = make_crm.customer(), {Reason.ASKED: number + 1, Reason.TOO_OLD: 1, Reason.CAPPED: 2}
                make.decisions(unit=unit, customer=person, reasons=reasons, on=on, of=of)
                invited = make.invitations(unit=unit, customer=person, number=number + 1, on=on, of=of)
                make.answered(invited[0], 9)
                make.answers(unit=unit, scores=[2] * number, on=on, of=of, channel="phone", customer=person)
    fill(at=NOW)
    place(unit=world.station, parent=world.north, since=ON, at=NOW)
    half = Decimal("0.5")
    divide_unit(unit=world.harbour, heirs={world.mill: half, world.station: half}, on=AFTER, at=NOW)
    return world


def test_tallies_say_what_the_decisions_say(history):
    for by, view in product(("unit", "program", "channel", "month", "part"), VIEWS):
        units = (history.head_office.pk, history.north.pk, history.mill.pk)
        cut = Cut(units if by == "unit" else units[1:2], PERIOD, NOW.date(), view=view)
        told = {group: (found.reasons, found.since) for group, found in tally(cut, by).items() if found.reasons}
        assert told == {group: (found.reasons, found.since) for group, found in decided_one_by_one(cut, by).items()}
        assert told


def test_parts_read_at_once_are_what_each_table_says(history):
    for (code, channel), view in product([("", None), ("calls", None), ("", "phone"), ("calls", "email")], VIEWS):
        program = make.program(code) if code else None
        asked = {"principal": history.operator, "unit": history.north, "view": view, **ASKED}
        parts = score_parts(**asked, program=program, channel=channel)
        assert parts.programs == score_cards_by("program", **asked, channel=channel)
        assert parts.channels == score_cards_by("channel", **asked, program=program)
        assert parts.months == score_cards_by("month", **asked, program=program, channel=channel)
        assert parts.programs


def test_a_unit_and_those_below_are_what_each_says(history):
    for view in VIEWS:
        asked = {"principal": history.operator, "unit": history.head_office, "view": view, **ASKED}
        assert score_card_and_below(**asked) == (score_card(**asked), score_cards_by("unit", **asked))


@pytest.mark.parametrize("reading", [score_parts, score_card_and_below])
def test_out_of_sight_nothing_is_read(world, reading):
    with pytest.raises(OrgUnit.DoesNotExist):
        reading(principal=world.elsa.user, unit=world.north, **ASKED)
