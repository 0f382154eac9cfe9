"""The stream: what customers said about oneself; of the team's only what cannot be told to be about one of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from analytics.maths.nps import Counts
from crm.models import OrgUnit
from distribution.crowds import Week, own_figure, team_figure, told_words, whole_weeks
from distribution.naming import without_people
from distribution.services.overhearing import Team
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.world import FROM

pytestmark = pytest.mark.django_db


def last_week():
    """Wednesday noon of the last whole week."""
    _, monday = whole_weeks(timezone.now().date())
    return datetime(monday.year, monday.month, monday.day, 12, tzinfo=UTC) - timedelta(days=5)


def colleagues(unit, *names):
    return make.employees(*((name, unit, "employee") for name in names), since=FROM)


def said(world, who, words, *, score=9, at=None):
    return tell.answer(unit=world.harbour, employee=who, comment=words, score=score, at=at or last_week())


@pytest.fixture
def team(world):
    """Jonas and three colleagues, each with an answer of the last week."""
    others = colleagues(world.harbour, "mara", "tariq", "wei")
    for number, who in enumerate(others):
        said(world, who, f"Peer words {number} about {who.name}", score=(2, 8, 10)[number])
    return others


def page(client, person, query=""):
    client.force_login(person.user)
    answer = client.get(f"/stream/{query}")
    assert answer.status_code == 200
    return answer.text.partition('id="main"')[2].partition("</main>")[0]


def test_ones_own_comes_first_with_words_class_and_day(world, client, team):
    visit = make.interaction(
        kind=world.visit, customer=world.ines, unit=world.harbour, employee=world.jonas, occurred_at=last_week()
    )
    tell.answer(
        unit=world.harbour, employee=world.jonas, customer=world.ines, interaction=visit, score=3,
        comment="Ines Moreau waited", masked="[name] waited",
    )  # fmt: skip
    seen = page(client, world.jonas)
    assert seen.index("[name] waited") < seen.index("Peer words")
    assert f'<b>Detractor</b><span class="row__m">{last_week():%a} {last_week().day} {last_week():%b}</span>' in seen
    assert "Branch visit, current account" in seen
    assert "Moreau" not in seen


def test_of_the_team_only_words_and_week_are_told(world, client, team):
    seen = page(client, world.jonas)
    assert seen.count("about [a colleague]") == 3
    assert not any(name in seen for name in ("Mara", "Tariq", "Wei", "Detractor", "Promoter", "chip"))
    rows = Team(world.jonas.user, at=timezone.now())
    assert {tuple(vars(told)) for told in rows.overheard(list(rows.words()))} == {("words", "week")}


def test_a_week_of_fewer_colleagues_is_not_told_though_ones_own_would_make_it_three(world, client, team):
    for row in (team[0].responses, team[1].responses):
        row.update(answered_at=last_week() - timedelta(days=7))
    said(world, world.jonas, "My own words", at=last_week() - timedelta(days=7))
    assert "Peer words" not in page(client, world.jonas)
    assert "My own words" in page(client, world.jonas)


def test_the_running_week_is_not_told_before_it_is_over(world, client, team):
    for who in team:
        who.responses.update(answered_at=timezone.now())
    assert "Peer words" not in page(client, world.jonas)


def test_what_nobody_served_is_told_by_itself(world, client):
    said(world, None, "The door is heavy")
    assert "The door is heavy" in page(client, world.jonas)


def test_whoever_moved_loses_the_team_at_the_next_request(world, client, team):
    assert "Peer words" in page(client, world.jonas)
    world.jonas.assignments.update(unit=world.mill)
    said(world, world.jonas, "My own words")
    seen = page(client, world.jonas)
    assert "Peer words" not in seen
    assert "My own words" in seen


@pytest.mark.parametrize("leaving", ["assignment", "left_on"])
def test_whoever_left_sees_nothing_at_the_next_request(world, client, team, leaving):
    said(world, world.jonas, "My own words")
    if leaving == "assignment":
        world.jonas.assignments.all().delete()
    else:
        world.jonas.left_on = timezone.now().date()
        world.jonas.save()
    seen = page(client, world.jonas)
    assert "My own words" not in seen
    assert "Peer words" not in seen


def test_an_account_that_was_shut_is_sent_to_the_door(world, client, team):
    client.force_login(world.jonas.user)
    world.jonas.user.is_active = False
    world.jonas.user.save()
    assert client.get("/stream/").url == "/login/?next=/stream/"


def test_nobody_elsewhere_reads_any_of_it(world, client, team):
    for person in (world.elsa, colleagues(world.station, "nadia")[0]):
        assert "Peer words" not in page(client, person)


def test_a_peers_answer_is_nowhere_else_either(world, client, team):
    row = team[0].responses.get()
    row.external_id = "peer-1"
    row.save()
    client.force_login(world.jonas.user)
    pages = [
        "/stream/?page=2", "/stream/?team=2", "/stream/?team=x", "/digest/", "/alerts/", "/tickets/", "/region/",
        "/insights/", "/admin/", "/admin/surveys/response/", "/admin/surveys/response/?q=peer-1",
        f"/admin/surveys/response/{row.pk}/change/", f"/admin/surveys/response/{row.pk}/history/",
        "/admin/crm/interaction/", "/admin/closedloop/ticket/", "/admin/distribution/digest/",
    ]  # fmt: skip
    for address in pages:
        seen = client.get(address, follow=True).text
        assert not any(word in seen for word in ("Mara", "about mara")), address
        assert address.startswith("/stream/") or "Peer words" not in seen, address
    for person, found in ((world.jonas, 0), (team[0], 1)):
        assert type(row).objects.visible_to(person.user).filter(pk=row.pk).count() == found
        assert type(row).objects.served_by(person.user).filter(pk=row.pk).count() == found


def test_a_score_of_ones_own_waits_for_twenty_answers(world, client):
    for number in range(19):
        said(world, world.jonas, "", score=(3, 10)[number % 2], at=timezone.now() - timedelta(days=number))
    assert "Too few answers to say: 19 of 20" in page(client, world.jonas)
    said(world, world.jonas, "", score=10, at=timezone.now())
    seen = page(client, world.jonas)
    assert "n&nbsp;20" in seen
    assert '<span class="stat__n">0</span>' in seen
    said(world, world.jonas, "", score=10, at=timezone.now() - timedelta(days=91))
    assert "n&nbsp;20" in page(client, world.jonas)


def test_a_score_of_the_team_waits_for_twenty_answers_about_the_others(world, client, team):
    for _ in range(30):
        said(world, world.jonas, "", score=10)
    for _ in range(16):
        said(world, team[0], "", score=2)
    seen = page(client, world.jonas)
    assert "n&nbsp;30" in seen  # one's own
    assert "Too few answers to say: 19 of 20 about your colleagues" in seen
    said(world, team[1], "", score=2)
    assert "n&nbsp;50" in page(client, world.jonas)


def test_the_number_of_queries_does_not_grow(world, client, team, django_assert_num_queries):
    said(world, world.jonas, "My own words")
    client.force_login(world.jonas.user)
    client.get("/stream/")
    with django_assert_num_queries(15):
        client.get("/stream/")
    for number in range(60):
        said(world, (*team, world.jonas)[number % 4], f"More {number}", at=last_week() - timedelta(days=number))
    with django_assert_num_queries(15):
        client.get("/stream/")


# --- the rules -------------------------------------------------------------------------------------------------------


def test_weeks_are_whole_and_end_before_the_running_one():
    assert whole_weeks(date(2026, 11, 23)) == (date(2026, 8, 24), date(2026, 11, 23))
    assert whole_weeks(date(2026, 11, 29)) == (date(2026, 8, 24), date(2026, 11, 23))


def test_the_team_less_oneself_is_never_less_than_may_be_shown():
    week = Week(1, date(2026, 11, 16), scored=3, worded=2, counts=Counts(5, 5, 20), own=Counts(0, 0, 11))
    assert team_figure([week], colleagues=3, needed=20).counts is None
    assert team_figure([week], colleagues=3, needed=20).n == 19
    assert team_figure([week], colleagues=3, needed=19).counts == Counts(5, 5, 20)
    assert team_figure([week], colleagues=4, needed=19).n == 0  # a week is told whole or not at all
    assert told_words([week], colleagues=3) == []
    assert told_words([week], colleagues=2) == [week]


def test_a_figure_of_ones_own_carries_its_interval():
    shown = own_figure(Counts(5, 5, 10), needed=20)
    assert (shown.n, shown.nps) == (20, 25.0)
    assert (round(shown.low or 0, 1), round(shown.high or 0, 1)) == (-11.7, 55.2)
    hidden = own_figure(Counts(5, 5, 9), needed=20)
    assert (hidden.n, hidden.nps, hidden.low, hidden.high) == (19, None, None, None)


def test_names_go_in_any_case_and_as_parts():
    told = without_people("mara and Tariq Aziz's desk; AZIZ, Maraschino, a.z", ["Mara", "Tariq Aziz"])
    assert told == "[a colleague] and [a colleague]'s desk; [a colleague], Maraschino, a.z"
    assert without_people("As it was", []) == "As it was"


def test_a_unit_is_named_as_where_one_works(world, client):
    assert "Harbour" in page(client, world.jonas)
    assert list(Team(world.helen.user, at=timezone.now()).units) == []
    assert OrgUnit.objects.filter(name="Harbour").exists()
