"""What the digest says of the words of two weeks, of the unit's goals, and what the advocacy office has to tell."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from analytics.models import Goal
from analytics.services.filling import fill
from common.models import Event
from distribution.models import Digest, Dispatch, News, PolicyNotice
from distribution.services.composing import compose
from distribution.services.digesting import freeze_due
from distribution.services.library.noticing import issue_notice
from surveys.models import Passage, PassageTopic, Topic
from tests.factories import distribution as tell

MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # Tuesday
YESTERDAY = MORNING - timedelta(hours=14)
TODAY = MORNING.date()


def content(unit, at=MORNING):
    freeze_due(at=at)
    return Digest.objects.get(unit=unit, day=at.date()).content


def said(unit, *topics, score=8, at=YESTERDAY, removed=False, **fields):
    """Words that were read, with topics in them."""
    response = tell.answer(unit=unit, score=score, at=at, comment="Words", **fields)
    passage = Passage.objects.create(
        kind="answer", source_id=response.pk, response=response, unit=unit, said_at=at, language="en", text="Words",
        tsv="", read_at=at,
    )  # fmt: skip
    for topic in topics:
        PassageTopic.objects.create(passage=passage, topic=topic, removed=removed, at=at)


@pytest.fixture
def waiting(db):
    return Topic.objects.create(code="waiting", name="Waiting")


def many(unit, times, *topics, days=1, **fields):
    for _ in range(times):
        said(unit, *topics, at=YESTERDAY - timedelta(days=days - 1), **fields)


def test_a_topic_that_is_in_more_words_than_before_is_the_theme(world, waiting):
    many(world.harbour, 8, waiting)
    many(world.harbour, 4)
    many(world.harbour, 2, waiting, days=20)
    many(world.harbour, 18, days=20)
    assert content(world.harbour)["theme"] == {
        "days": 14, "before_days": 56, "n": 12, "before_n": 20, "topics": 1,
        "found": {
            "kind": "rose", "code": "waiting", "name": "Waiting", "hits": 8, "n": 12, "other_hits": 2, "other_n": 20,
        },
    }  # fmt: skip


def test_what_unhappy_customers_say_is_held_against_what_the_others_say(world, waiting):
    many(world.harbour, 7, waiting, score=2)
    many(world.harbour, 1, score=2)
    many(world.harbour, 12, score=9)
    found = content(world.harbour)["theme"]["found"]
    assert (found["kind"], found["hits"], found["n"], found["other_hits"], found["other_n"]) == ("weighs", 7, 8, 0, 12)


def test_words_that_do_not_count_make_no_theme(world, waiting):
    """Of another branch, of longer ago, on another scale, of a topic that is switched off or was taken out by hand."""
    off = Topic.objects.create(code="off", name="Off", active=False)
    many(world.harbour, 12)
    many(world.harbour, 12, days=20)
    many(world.station, 8, waiting)
    many(world.harbour, 8, waiting, days=72)
    many(world.harbour, 8, waiting, score=5, scale_min=1, scale_max=5, category="")
    many(world.harbour, 8, waiting, removed=True)
    many(world.harbour, 8, off)
    theme = content(world.harbour)["theme"]
    assert theme == {"days": 14, "before_days": 56, "n": 28, "before_n": 12, "topics": 0, "found": None}


def mail_to(person):
    row = Dispatch.objects.get(employee=person, kind="digest")
    mail = compose(row, at=MORNING)
    return mail.body, str(mail.alternatives[0][0])


def test_page_and_mail_tell_the_same_theme(world, waiting, client):
    many(world.harbour, 8, waiting)
    many(world.harbour, 4)
    many(world.harbour, 20, days=20)
    freeze_due(at=MORNING)
    client.force_login(world.helen.user)
    with time_machine.travel(MORNING, tick=False):
        page = client.get(Digest.objects.get(unit=world.harbour).get_absolute_url()).text
        text, html = mail_to(world.helen)
    told = (
        "Waiting: 8 of 12 comments of the last 14 days speak of it, 0 of 20 of the 56 days before, more than chance "
        "would have it."
    )
    assert [told in body for body in (page, text, html)] == [True, True, True]


@pytest.mark.parametrize(
    ("comments", "told"),
    [
        (0, "No comment of the last 14 days is sorted by topic yet, so no theme."),
        (1, "No theme: no topic came up often enough in 1 comment of the last 14 days to be compared."),
    ],
)
def test_that_there_is_no_theme_is_said(world, comments, told):
    many(world.harbour, comments)
    freeze_due(at=MORNING)
    with time_machine.travel(MORNING, tick=False):
        assert told in mail_to(world.helen)[0]


def test_that_nothing_stands_out_is_said_with_what_was_compared(world, waiting):
    many(world.harbour, 5, waiting)
    many(world.harbour, 5)
    many(world.harbour, 5, waiting, days=20)
    many(world.harbour, 5, days=20)
    freeze_due(at=MORNING)
    with time_machine.travel(MORNING, tick=False):
        text, _ = mail_to(world.helen)
    assert "No theme stands out: 1 topic compared in 10 comments of the last 14 days and 10 of the 56 days" in text


def announce(title, unit=None, first=TODAY, last=TODAY):
    return News.objects.create(title=title, text=f"{title}, in short.", unit=unit, first_on=first, last_on=last)


def test_news_stands_with_its_unit_and_all_below_on_its_days(world):
    announce("To all")
    announce("To the north", world.north)
    announce("To the harbour", world.harbour)
    announce("To the station", world.station)
    announce("Of yesterday", last=TODAY - timedelta(days=1), first=TODAY - timedelta(days=3))
    announce("Of tomorrow", first=TODAY + timedelta(days=1), last=TODAY + timedelta(days=1))
    freeze_due(at=MORNING)
    told = {d.unit.name: [row["title"] for row in d.content["news"]] for d in Digest.objects.select_related("unit")}
    assert told == {
        "Harbour": ["To the harbour", "To the north", "To all"],
        "Mill": ["To the north", "To all"],
        "Station": ["To the station", "To all"],
    }


def test_five_notices_at_most_the_newest_first(world):
    for number in range(7):
        announce(f"Number {number}", first=TODAY - timedelta(days=number))
    assert [row["title"] for row in content(world.harbour)["news"]] == [f"Number {n}" for n in range(5)]


def test_notices_that_hold_since_the_last_morning_stand_where_they_are_for_whoever_is_in_charge(world, client):
    def issue(title, unit, holds=TODAY, **fields):
        said = {"title": title, "words": "Never by post.", "unit": unit, "valid_from": holds, "must_read": True}
        notice = PolicyNotice(**said | fields)
        return issue_notice(notice=notice, by=world.olivia.user, at=MORNING - timedelta(days=9))

    issue("To all", world.head_office)
    issue("To the north", world.north, must_read=False)
    issue("To employees", world.head_office, roles=["employee"])
    issue("Of last week", world.head_office, TODAY - timedelta(days=7))
    issue("Of tomorrow", world.head_office, TODAY + timedelta(days=1))
    freeze_due(at=MORNING)
    told = {d.unit.name: [row["title"] for row in d.content["news"]] for d in Digest.objects.select_related("unit")}
    assert told == {"Harbour": ["To all", "To the north"], "Mill": ["To all", "To the north"], "Station": ["To all"]}
    client.force_login(world.helen.user)
    with time_machine.travel(MORNING, tick=False):
        page = client.get(Digest.objects.get(unit=world.harbour).get_absolute_url()).text
        text, _ = mail_to(world.helen)
    entry = PolicyNotice.objects.get(title="To all")
    assert f'<a href="/library/{entry.public_id}/">To all</a>' in page
    assert "To all\nA policy notice that holds from now on; everybody whom it is for says in the library" in text
    assert "To the north\nA policy notice that holds from now on; it stands in the library." in text


def test_news_is_frozen_and_stands_on_page_and_mail(world, client):
    told = announce("New <b>cards</b>")
    freeze_due(at=MORNING)
    News.objects.filter(pk=told.pk).update(title="Rewritten")
    client.force_login(world.helen.user)
    with time_machine.travel(MORNING, tick=False):
        page = client.get(Digest.objects.get(unit=world.harbour).get_absolute_url()).text
        text, html = mail_to(world.helen)
    assert "New <b>cards</b>" in text
    assert ["New &lt;b&gt;cards&lt;/b&gt;" in body for body in (page, html)] == [True, True]


def test_a_digest_from_before_there_was_a_theme_still_opens(world, client):
    freeze_due(at=MORNING)
    digest = Digest.objects.get(unit=world.harbour)
    del digest.content["theme"], digest.content["news"]
    digest.save()
    client.force_login(world.helen.user)
    with time_machine.travel(MORNING, tick=False):
        assert client.get(digest.get_absolute_url()).status_code == 200
        assert "talk about" not in "".join(mail_to(world.helen))


def write(client, person, **fields):
    form = {"title": "New cards", "text": "From Monday.", "unit": "", "first_on": "2026-11-25", "last_on": "2026-11-27"}
    client.force_login(person.user)
    return client.post("/admin/distribution/news/add/", form | fields)


def test_the_office_writes_news_to_the_whole_company_in_the_console(world, client):
    assert write(client, world.olivia).status_code == 302
    told = News.objects.get()
    assert (told.unit, told.first_on, told.last_on) == (None, date(2026, 11, 25), date(2026, 11, 27))
    assert Event.objects.about(told).get().what == "console.added"


@pytest.mark.parametrize("name", ["rosa", "helen", "jonas"])
def test_nobody_else_writes_news(world, client, name):
    assert write(client, getattr(world, name)).status_code in {302, 403}
    assert not News.objects.exists()


def test_news_that_ends_before_it_begins_is_refused_in_words(world, client):
    answer = write(client, world.olivia, last_on="2026-11-24")
    assert (answer.status_code, News.objects.count()) == (200, 0)
    assert "The last morning is before the first." in answer.text


def test_an_office_that_stands_lower_must_say_to_whom_and_sees_its_own_only(world, client):
    world.olivia.assignments.update(unit=world.north)
    announce("To all")
    announce("To the station", world.station)
    assert write(client, world.olivia).status_code == 200  # nothing said to whom: asked again
    assert write(client, world.olivia, unit=world.station.pk).status_code == 200  # not theirs to choose
    assert write(client, world.olivia, unit=world.harbour.pk).status_code == 302
    assert list(News.objects.visible_to(world.olivia.user)) == [News.objects.get(unit=world.harbour)]


# --- goals ---


def aim(unit, target, **fields):
    first = {"first_on": TODAY - timedelta(days=40), "last_on": date(2026, 12, 31)}
    return Goal.objects.create(unit=unit, target=target, **{**first, **fields})


def test_the_digest_is_frozen_with_where_the_unit_stands_to_its_goal(world):
    for score in [10] * 40 + [2] * 40:
        tell.answer(unit=world.harbour, score=score, at=YESTERDAY)
    fill(at=MORNING)
    goal = aim(world.harbour, 36)
    aim(world.north, 36)
    aim(world.harbour, 90, measure="calls", first_on=TODAY)
    told = content(world.harbour)["goals"]
    assert told[0] == {
        "goal": goal.pk, "measure": "score", "target": 36.0, "title": "Goal +36 by 31 December 2026",
        "figures": "0 since 15 October (n\xa080, 95\xa0% −21 to +21)",
        "verdict": {"kind": "down", "text": "Behind: the whole interval lies below it"},
    }  # fmt: skip
    assert [row["verdict"]["text"] for row in told[1:]] == ["Cannot be told yet: no first calls"]
    goal.target = -50
    goal.save()
    digest = Digest.objects.get(unit=world.harbour, day=TODAY)
    with time_machine.travel(MORNING + timedelta(hours=1)):
        mail = compose(Dispatch.objects.get(digest=digest, employee=world.helen), at=MORNING + timedelta(hours=1))
    for text in (mail.body, mail.alternatives[0][0]):
        assert "Goal +36 by 31 December 2026" in text
        assert "Behind: the whole interval lies below it" in text
