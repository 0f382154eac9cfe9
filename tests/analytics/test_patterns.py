"""The daily look across branches: what it finds is kept as rows, told once, seen by who sees all of it, and ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine

from analytics.models import Pattern
from analytics.services.filling import fill
from analytics.services.patterns.looking import look_for_patterns
from analytics.services.patterns.reading import Told, patterns_at
from common.models import Event
from surveys.models import Topic
from surveys.services.classifying.coding import code
from surveys.services.classifying.editing import set_rule
from surveys.services.classifying.reading import read_answers
from tests.factories import analytics as make
from tests.world import NOW

UPTO = date(2026, 11, 23)
WORDS = "Nowhere to park and the parking meter was broken, which is annoying."
FIRST = (
    "Complaints about “Parking” rose in 2 of 2 branches: 8 of 22 answers in the week to 23 November, "
    "against 0 of 112 in the eight weeks before"
)


@pytest.fixture
def town(world):
    """Eight quiet weeks in Harbour and Mill, an answer a day each; in the last week four complain in each."""
    with time_machine.travel(NOW, tick=False):
        world.parking = Topic.objects.create(code="parking", name="Parking")
        set_rule(topic=world.parking, language="en", expression="parking", by=world.olivia.user, at=NOW)
        for unit in (world.harbour, world.mill):
            for days in range(63):
                make.answers(unit=unit, scores=[9], on=UPTO - timedelta(days=days))
            make.answers(unit=unit, scores=[2] * 4, on=UPTO - timedelta(days=2), comment=WORDS, product="account")
        take_in()
        yield world


def take_in():
    while code(at=NOW) or read_answers(at=NOW) or fill(at=NOW):
        pass


def look(days=0):
    return look_for_patterns(at=NOW + timedelta(days=days))


def seen(person, unit):
    return [told.words for told in patterns_at(principal=person.user, unit=unit, at=NOW)]


def test_what_rises_in_several_branches_is_found_in_every_area_that_holds_them(town):
    found = {(p.area.name, p.topic.name, p.product, p.kind) for p in look()}
    assert found == {("North", "Parking", "", "rising"), ("Head office", "Parking", "", "rising")}
    assert (
        list(Event.objects.filter(what="pattern.found").values_list("data__topic", flat=True)) == [town.parking.pk] * 2
    )


def test_it_is_said_in_words_with_its_numbers(town):
    look()
    assert Told(Pattern.objects.get(area=town.north)).words == FIRST


def test_the_same_is_told_once(town):
    assert len(look()) == 2
    assert look() == []
    assert look(days=1) == []
    assert Pattern.objects.count() == 2


def test_of_an_area_and_its_part_the_page_tells_the_area(town):
    look()
    assert seen(town.olivia, town.head_office) == [FIRST]
    assert seen(town.rosa, town.north) == [FIRST]


def test_who_does_not_see_every_branch_sees_nothing_of_it(town, client):
    look()
    for pattern in Pattern.objects.all():
        for person in (town.helen, town.jonas, town.elsa):
            client.force_login(person.user)
            assert client.get(pattern.get_absolute_url()).status_code == 404
    client.force_login(town.rosa.user)
    assert client.get(Pattern.objects.get(area=town.head_office).get_absolute_url()).status_code == 404
    assert client.get(Pattern.objects.get(area=town.north).get_absolute_url()).status_code == 200


def test_a_topic_that_is_just_being_coded_anew_is_left_out(town):
    set_rule(topic=town.parking, language="en", expression="parking OR meter", by=town.olivia.user, at=NOW)
    assert look() == []


def test_it_ends_when_two_weeks_are_as_those_before(town):
    look()
    for days in range(1, 15):
        for unit in (town.harbour, town.mill):
            make.answers(unit=unit, scores=[9], on=UPTO + timedelta(days=days))
    take_in()
    look(days=13)
    assert Pattern.objects.open().count() == 2
    look(days=16)
    (north,) = Pattern.objects.filter(area=town.north)
    assert (north.ended_on, north.ended_how) == (UPTO + timedelta(days=16), "gone")
    assert Event.objects.filter(what="pattern.ended").count() == 2


def test_dismissed_by_whom_and_why_it_is_told_no_more(town, client):
    look()
    pattern = Pattern.objects.get(area=town.north)
    client.force_login(town.rosa.user)
    for reason in ("The car park is closed until May", "Once more"):
        client.post(f"{pattern.get_absolute_url()}dismissal", {"reason": reason})
    assert (pattern.dismissal.by, pattern.dismissal.reason) == (town.rosa.user, "The car park is closed until May")
    assert Event.objects.filter(what="pattern.dismissed").count() == 1
    assert look(days=1) == []
    assert pattern not in Pattern.objects.to_be_told()


def test_without_a_reason_nothing_is_dismissed(town, client):
    look()
    pattern = Pattern.objects.get(area=town.north)
    client.force_login(town.rosa.user)
    page = client.post(f"{pattern.get_absolute_url()}dismissal", {"reason": " "})
    assert (page.status_code, "Say in a few words why" in page.text) == (400, True)
    assert not Event.objects.filter(what="pattern.dismissed").exists()


def test_the_page_tells_where_it_rose_and_what_they_said(town, client):
    look()
    client.force_login(town.rosa.user)
    page = client.get(Pattern.objects.get(area=town.north).get_absolute_url()).text
    assert page.count("4 of 11") == 2
    assert page.count("Nowhere to park") == 8
