"""The morning look at launches: weeks that are over become rows, judged once; who falls short is told once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from analytics.models import Expectation, Launch, Shortfall
from analytics.services.filling import fill
from analytics.services.launches.looking import look_at_launches
from analytics.services.launches.reading import Told, find_launch, said_about
from common.models import Event
from surveys.services.classifying.coding import code
from surveys.services.classifying.reading import read_answers
from tests.factories import analytics as make
from tests.world import NOW

LAUNCHED = date(2026, 11, 10)  # two weeks before NOW, so that two are over
USUAL, LOW = [9] * 10 + [7] * 6 + [5] * 4, [10] * 3 + [8] * 3 + [2] * 14  # +30 and -55 points
WORDS = "There is a monthly fee that nobody told me of. Write to me at ines@example.org."


def launch(world, product, day, area=None, **fields):
    name = fields.pop("name", product.capitalize())
    return Launch.objects.create(
        name=name, product=product, day=day, area=area or world.north, owner=world.rosa, **fields
    )


@pytest.fixture
def town(world):
    """Three launches of spring and summer, as good as each other, and a new card that few like, all in the North."""
    with time_machine.travel(NOW, tick=False):
        for number, product in enumerate(("loan", "saver", "app")):
            day = date(2026, 6, 1) + timedelta(days=7 * number)
            launch(world, product, day)
            for week in range(4):
                make.answers(unit=world.mill, scores=USUAL, on=day + timedelta(days=7 * week), product=product)
                complain(world, [3] * 3, day + timedelta(days=7 * week), product, "The queue was long, as ever.")
        world.card = launch(world, "card", LAUNCHED, name="The new card")
        for week in range(2):
            make.answers(unit=world.harbour, scores=LOW, on=LAUNCHED + timedelta(days=7 * week), product="card")
        complain(world, [2] * 8, LAUNCHED + timedelta(days=1), "card", WORDS)
        take_in()
        yield world


def complain(world, scores, on, product, words):
    make.answers(unit=world.harbour, scores=scores, on=on, product=product, comment=words, language="en")


def take_in():
    while code(at=NOW) or read_answers(at=NOW) or fill(at=NOW):
        pass


def look(days=0):
    return look_at_launches(at=NOW + timedelta(days=days))


def told(world, person=None):
    return find_launch(principal=(person or world.olivia).user, public_id=world.card.public_id)


def test_each_week_that_is_over_becomes_a_row_once(town):
    look()
    rows = Expectation.objects.filter(launch=town.card).values_list("week", "detractors", "passives", "promoters")
    assert list(rows) == [(1, 22, 3, 3), (2, 14, 3, 3)]
    assert Expectation.objects.exclude(launch=town.card).count() == 25 + 24 + 23
    assert look() == []
    assert Expectation.objects.count() == 2 + 25 + 24 + 23


def test_what_falls_short_of_comparable_launches_is_told_once(town):
    assert [(each.launch, each.week) for each in look()] == [(town.card, 1)]
    assert list(Event.objects.filter(what="launch.fell_short").values_list("data__week", flat=True)) == [1]
    assert look(days=7) == []
    assert Shortfall.objects.count() == 1


def test_it_is_said_in_words_with_its_numbers(town):
    look()
    assert told(town).words.startswith("The new card is ")
    assert told(town).words.endswith(" points short of its expectation since its first week")


def test_its_detractors_are_set_apart_by_what_they_say_with_quotes_and_nothing_personal(town):
    look()
    (said, *_) = said_about(town.card, principal=town.olivia.user)
    assert (said.phrase.n, said.phrase.of, said.phrase.n_others) == (8, 8, 0)
    assert "monthly fee" in said.passages[0].text
    assert "ines@example.org" not in said.passages[0].text


def test_a_launch_like_the_others_raises_nothing(town):
    fine = launch(town, "mortgage", LAUNCHED)
    for week in range(2):
        make.answers(unit=town.mill, scores=USUAL, on=LAUNCHED + timedelta(days=7 * week), product="mortgage")
    take_in()
    look()
    assert not Shortfall.objects.filter(launch=fine).exists()
    assert "not detectably short of its expectation after 2 weeks" in Told(fine).words


def test_without_three_comparable_launches_nothing_is_expected(town):
    change = launch(town, "app", LAUNCHED, kind=Launch.Kind.CHANGE, name="The new app")
    look()
    assert Told(change).words == (
        "Nothing can be expected of the new app: 3 comparable launches with answers are needed, none is known"
    )


def test_the_office_chooses_with_what_a_launch_is_compared(town):
    change = launch(town, "card", date(2026, 11, 3), kind=Launch.Kind.CHANGE)
    change.comparable.set(Launch.objects.filter(product__in=["loan", "saver", "app"]))
    look()
    assert {row.compared for row in change.weeks.all()} == {3}


def test_who_does_not_see_the_area_sees_nothing_of_it(town, client):
    look()
    for person in (town.helen, town.jonas, town.elsa):
        client.force_login(person.user)
        assert client.get(town.card.get_absolute_url()).status_code == 404
        assert "new card" not in client.get(reverse("launches")).text
    client.force_login(town.rosa.user)
    assert client.get(town.card.get_absolute_url()).status_code == 200
    assert "The new card is" in client.get(reverse("launches")).text


def test_the_page_says_the_finding_in_its_title_and_has_the_words(town, client):
    look()
    client.force_login(town.olivia.user)
    page = client.get(town.card.get_absolute_url()).text
    assert f"<h1>{told(town).words}</h1>" in page
    assert "8 of 8 comments, against 0 of" in page
    assert "There is a monthly fee" in page


def test_office_and_analysts_find_it_on_the_consoles_first_page(town, client):
    look()
    client.force_login(town.olivia.user)
    assert "launch falls short of what comparable ones had" in client.get("/admin/").text
    rows = client.get(reverse("admin:analytics_launch_changelist"), {"short": "lately"}).context["cl"].result_list
    assert [row.name for row in rows] == ["The new card"]
    client.force_login(town.rosa.user)
    assert "launch falls short" not in client.get("/admin/").text


# --- the console -----------------------------------------------------------------------------------------------------


def fields(town, **more):
    return {
        "name": "The saver’s app", "product": "app", "kind": "change", "day": "2026-11-20",
        "area": town.north.pk, "owner": town.rosa.pk, **more,
    }  # fmt: skip


def test_the_office_enters_a_launch(town, client):
    client.force_login(town.olivia.user)
    assert client.post(reverse("admin:analytics_launch_add"), fields(town)).status_code == 302
    assert Launch.objects.get(name="The saver’s app").day == date(2026, 11, 20)


def test_too_few_to_compare_with_are_refused(town, client):
    client.force_login(town.olivia.user)
    chosen = list(Launch.objects.filter(product__in=["loan", "saver"]).values_list("pk", flat=True))
    page = client.post(reverse("admin:analytics_launch_add"), fields(town, comparable=chosen))
    assert "Choose 3 or more, or none" in page.text
    assert Launch.objects.count() == 4


def test_after_a_look_only_name_and_owner_change(town, client):
    look()
    client.force_login(town.olivia.user)
    client.post(
        reverse("admin:analytics_launch_change", args=[town.card.pk]), fields(town, name="The card", product="loan")
    )
    town.card.refresh_from_db()
    assert (town.card.name, town.card.product) == ("The card", "card")


def test_counted_anew_it_is_judged_again_on_the_next_morning(town, client):
    look()
    client.force_login(town.olivia.user)
    client.post(
        reverse("admin:analytics_launch_changelist"), {"action": "count_anew", "_selected_action": [town.card.pk]}
    )
    assert (town.card.weeks.count(), Shortfall.objects.count()) == (0, 0)
    assert Event.objects.filter(what="launch.forgotten").count() == 1
    assert [each.launch for each in look(days=1)] == [town.card]


def test_only_the_office_enters_launches(town, client):
    client.force_login(town.rosa.user)
    assert client.post(reverse("admin:analytics_launch_add"), fields(town)).status_code == 403
    assert Launch.objects.count() == 4
