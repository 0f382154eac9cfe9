"""Topics in the console: written with a preview of what they find, seen beside answers, set by hand by analysts."""

import pytest
from django.urls import reverse

from common.models import Event
from surveys.models import Passage, PassageTopic, Response, Topic, TopicRule
from surveys.services.classifying.editing import set_rule
from surveys.services.classifying.previewing import preview
from surveys.services.classifying.reading import read_answers
from tests.api import Caller
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.world import FROM, NOW, build_world

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("admin:surveys_topic_changelist"), reverse("admin:surveys_topic_add")
PREVIEW = reverse("admin:surveys_topic_preview")


@pytest.fixture
def world():
    return build_world()


@pytest.fixture
def ana(world):
    """An analyst of the whole company."""
    return make_crm.employee(name="Ana", unit=world.head_office, role="analyst", since=FROM).user


@pytest.fixture
def said(world):
    """Two answers in Harbour and one in Station, read."""
    program = make.program()
    texts = [
        (world.harbour, "I waited in the queue"),
        (world.harbour, "Fine"),
        (world.station, 'I am waiting & "waiting" here'),
    ]
    rows = [
        make.response(unit=unit, program=program, comment=text, language="en", customer=world.ines)
        for unit, text in texts
    ]
    read_answers(at=NOW)
    return rows


def form(**fields):
    rows = {"rules-TOTAL_FORMS": 1, "rules-INITIAL_FORMS": 0, "rules-0-language": "en", "rules-0-expression": "wait*"}
    return {"name": "Waiting", "code": "waiting", "description": "", "active": "on", **rows, **fields}


def test_an_analyst_writes_a_topic_and_a_rule_that_cannot_be_read_is_refused_with_its_place(client, ana):
    client.force_login(ana)
    refused = client.post(NEW, form(**{"rules-0-expression": "wait* AND ("}))
    assert "ends too early" in refused.content.decode()
    assert not Topic.objects.exists()
    assert client.post(NEW, form()).status_code == 302
    rule = TopicRule.objects.get()
    assert (rule.expression, rule.query, rule.version, rule.topic.code) == ("wait*", "'wait':*", 1, "waiting")
    edited = form(**{"rules-INITIAL_FORMS": 1, "rules-0-id": rule.pk, "rules-0-topic": rule.topic_id,
                     "rules-0-expression": "wait* queue"})  # fmt: skip
    assert client.post(reverse("admin:surveys_topic_change", args=[rule.topic_id]), edited).status_code == 302
    rule.refresh_from_db()
    assert (rule.expression, rule.version, rule.coded_version) == ("wait* queue", 2, 0)
    assert "being coded" in client.get(LIST).content.decode()
    assert rule.events.count() >= 2  # every version is kept


def test_the_preview_marks_hits_and_lets_nothing_written_become_markup(client, ana, said):
    client.force_login(ana)
    html = client.post(PREVIEW, {"expression": "wait*", "language": "en"}).json()["html"]
    assert "<b>2</b> of 3" in html
    assert "<mark>waiting</mark> &amp; &quot;<mark>waiting</mark>&quot; here" in html
    wrong = client.post(PREVIEW, {"expression": "wait* AND", "language": "en"}).json()["wrong"]
    assert (wrong["position"], wrong["message"].startswith("The rule ends too early")) == (9, True)


def test_the_preview_counts_and_shows_only_what_is_in_sight(world, said):
    seen = preview("wait*", language="en", principal=world.elsa.user, function="surveys.view_response")
    assert (seen.total, seen.exact, seen.of, seen.samples[0].unit) == (1, True, 1, "Station")


def test_whoever_has_no_topics_finds_none(client, world):
    client.force_login(world.helen.user)
    assert client.get(LIST).status_code == 403
    assert client.post(PREVIEW, {"expression": "wait*"}).status_code == 403


def test_answers_are_found_by_topic_and_an_analyst_corrects_it_by_hand(client, world, ana, said):
    topic = Topic.objects.create(code="waiting", name="Waiting")
    set_rule(topic=topic, language="en", expression="wait*", by=None, at=NOW)
    Response.objects.update(classified_at=None)
    read_answers(at=NOW)
    answers = reverse("admin:surveys_response_changelist")
    client.force_login(ana)
    assert client.get(answers, {"topic": "waiting"}).context["cl"].result_count == 2
    page = reverse("admin:surveys_response_topic", args=[said[0].pk])
    assert client.post(page, {"topic": topic.pk, "present": "no"}).status_code == 302
    hit = PassageTopic.objects.get(passage__response=said[0])
    assert (hit.removed, hit.rule, hit.by) == (True, None, ana)
    assert client.get(answers, {"topic": "waiting"}).context["cl"].result_count == 1
    assert "not in it" in client.get(reverse("admin:surveys_response_change", args=[said[0].pk])).content.decode()
    client.force_login(world.helen.user)
    assert client.post(page, {"topic": topic.pk, "present": "yes"}).status_code == 404
    assert Event.objects.filter(what="passage.topic_set").count() == 1


def test_words_as_written_are_for_those_who_may_see_them(client, world, ana, said):
    Response.objects.filter(pk=said[1].pk).update(comment="Ring 020 7946 0471, Ines", classified_at=None)
    read_answers(at=NOW)
    page = reverse("admin:surveys_response_change", args=[said[1].pk])
    for person, raw in ((ana, False), (world.olivia.user, True)):
        client.force_login(person)
        html = client.get(page).content.decode()
        assert "Ring [phone], [name]" in html
        assert ("020 7946 0471" in html) is raw


def test_the_api_tells_what_was_read_and_finds_by_topic(client, world, said):
    topic = Topic.objects.create(code="waiting", name="Waiting")
    set_rule(topic=topic, language="en", expression="wait*", by=None, at=NOW)
    Response.objects.update(classified_at=None)
    read_answers(at=NOW)
    crm = Caller(world.crm_secret)
    rows = crm.get("/responses", topic="waiting").json()["results"]
    told = {row["comment"]: (row["comment_language"], row["topics"], row["sentiment"]) for row in rows}
    tones = dict(Passage.objects.values_list("text", "sentiment"))
    assert told == {row.comment: ("en", ["waiting"], tones[row.comment]) for row in (said[0], said[2])}
    assert crm.get("/responses", topic="unknown").json()["results"] == []
