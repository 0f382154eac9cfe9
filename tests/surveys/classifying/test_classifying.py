"""Words of answers are read once they are there; topics follow the rules, and what people said by hand stays."""

from datetime import timedelta

import pytest
from django.db import connection

from common.models import Event, Trial
from crm.services.merging import merge
from surveys.models import Passage, PassageTopic, Response, Topic, TopicRule
from surveys.services.answering import record_comment, record_score
from surveys.services.classifying.coding import code, progress
from surveys.services.classifying.editing import drop_rule, set_rule, switch_topic
from surveys.services.classifying.owning import own_facts
from surveys.services.classifying.reading import read_answers, words_of
from surveys.services.classifying.tagging import set_topic
from surveys.words.rules import WrongRule
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db
SAID = "Ines Moreau here. I waited an hour in the queue, terrible. Ring 020 7946 0471!"
SHOWN = "[name] here. I waited an hour in the queue, terrible. Ring [phone]!"


@pytest.fixture
def world():
    return build_world()


@pytest.fixture
def waiting():
    topic = Topic.objects.create(code="waiting", name="Waiting")
    set_rule(topic=topic, language="en", expression="wait* AND (queue OR line)", by=None, at=NOW)
    return topic


@pytest.fixture
def answer(world):
    invitation = make.invitation(interaction=world.interaction)
    response = record_score(invitation=invitation, score=3, at=NOW)
    return record_comment(response=response, text=SAID, at=NOW)


def answers(world, *texts, **fields):
    program = make.program()
    return [make.response(unit=world.harbour, program=program, comment=text, **fields) for text in texts]


def topics_of(response) -> set[str]:
    hits = PassageTopic.objects.filter(passage__response=response, removed=False)
    return set(hits.values_list("topic__code", flat=True))


def read(at=NOW) -> int:
    return read_answers(at=at)


def code_all() -> None:
    while code(at=NOW):
        pass


def test_words_are_read_once_and_shown_with_personal_data_hidden(world, waiting, answer):
    assert (read(), read()) == (1, 0)
    answer = Response.objects.get(pk=answer.pk)
    assert (answer.comment, answer.words, answer.classified_at) == (SAID, SHOWN, NOW)
    passage = answer.passage
    assert (passage.text, passage.language, passage.unit, passage.employee) == (SHOWN, "en", world.harbour, world.jonas)
    assert -1 <= passage.sentiment < 0
    assert topics_of(answer) == {"waiting"}
    hit = PassageTopic.objects.get()
    assert (hit.rule, hit.rule_version, hit.by) == (waiting.rules.get(), 1, None)


def test_a_score_without_words_is_nothing_to_read(world):
    answers(world, "")
    assert read() == 0
    assert not Passage.objects.exists()


def test_a_copy_of_words_that_were_not_read_yet_hides_the_same(answer):
    fresh = Response.objects.select_related("customer", "unit__calendar").get(pk=answer.pk)
    assert (fresh.classified_at, fresh.words) == (None, SHOWN)  # every long number, whatever the country
    assert words_of([fresh]) == {answer.pk: SHOWN}


def test_what_any_system_knows_of_the_person_is_hidden(world, answer, django_assert_num_queries):
    twin = make_crm.customer(
        source="billing", external_id="B-90210", given_name="Agnes", family_name="Dupont", unit=world.harbour
    )
    merge(kept=world.ines, merged=twin, at=NOW)
    record_comment(response=answer, text="Agnes Dupont or Ines, B-90210: it is me. So says Jonas.", at=NOW)
    read()
    answer.refresh_from_db()
    assert answer.words == "[name] or [name], [account]: it is me. So says Jonas."
    row = Response.objects.select_related("customer", "unit__calendar").get()
    with django_assert_num_queries(2):
        own_facts([row] * 10)


def test_revised_words_are_read_anew_and_words_taken_back_leave_nothing(waiting, answer):
    read()
    first = Passage.objects.get()
    record_comment(response=answer, text="J'ai attendu une heure, le queue", at=NOW)
    answer.refresh_from_db()
    assert (answer.classified_at, answer.masked) == (None, None)
    read(NOW + timedelta(minutes=1))
    again = Passage.objects.get()
    assert (again.pk, again.language, again.sentiment) == (first.pk, "fr", None)
    assert topics_of(answer) == set()  # the topic has no French rule
    record_comment(response=answer, text="", at=NOW)
    assert not Passage.objects.exists()
    assert not PassageTopic.objects.exists()


def test_negations_and_accents_are_words_and_letters_like_any_other(world):
    broken, fee = (Topic.objects.create(code=code, name=code) for code in ("broken", "fee"))
    set_rule(topic=broken, language="en", expression='"not work" OR "don\'t open"', by=None, at=NOW)
    set_rule(topic=fee, language="fr", expression="frais NEAR/3 élevé", by=None, at=NOW)
    said = answers(
        world, "It does not work at all", "These doors don't open ever", "It works, why not?", language="en"
    ) + answers(world, "Des FRAIS beaucoup trop eleves pour ce service", language="fr")
    read()
    assert [topics_of(one) for one in said] == [{"broken"}, {"broken"}, set(), {"fee"}]


def test_an_edited_rule_codes_what_was_said_before_and_keeps_what_people_said(world, waiting):
    in_line, app, both = answers(
        world, "I waited in line", "The app crashed today", "I waited in line, the app crashed"
    )
    read()
    set_topic(passage=app.passage, topic=waiting, present=True, by=world.operator, at=NOW)
    set_topic(passage=both.passage, topic=waiting, present=False, by=world.operator, at=NOW)
    assert [topics_of(one) for one in (in_line, app, both)] == [{"waiting"}, {"waiting"}, set()]
    rule = set_rule(topic=waiting, language="en", expression="crash*", by=world.operator, at=NOW)
    assert (rule.version, progress().share) == (2, 0.0)
    code_all()
    assert [topics_of(one) for one in (in_line, app, both)] == [set(), {"waiting"}, set()]
    rule.refresh_from_db()
    assert (rule.coded_version, rule.coded_at, progress().rules) == (2, NOW, 0)
    assert Event.objects.filter(what="topic_rule.changed").values_list("data__version", flat=True)[0] in (1, 2)


def test_what_a_person_said_stays_when_words_are_read_anew(world, waiting, answer):
    read()
    passage = Passage.objects.get()
    assert set_topic(passage=passage, topic=waiting, present=False, by=world.operator, at=NOW)
    assert not set_topic(passage=passage, topic=waiting, present=False, by=world.operator, at=NOW)
    record_comment(response=answer, text="I waited in the queue once more", at=NOW)
    read()
    assert topics_of(answer) == set()
    assert Event.objects.filter(what="passage.topic_set").count() == 1


def test_coding_goes_on_where_it_stopped(world, waiting):
    answers(world, *(f"I waited in queue number {n}" for n in range(5)))
    read()
    PassageTopic.objects.all().delete()
    set_rule(topic=waiting, language="en", expression="wait*", by=None, at=NOW)
    first = Passage.objects.order_by("pk").first().pk
    assert code(at=NOW, stretch=first + 1) == 1
    assert (PassageTopic.objects.count(), 0 < progress().share < 1) == (2, True)
    code_all()
    assert PassageTopic.objects.count() == 5


def test_the_same_rule_again_is_no_version_and_a_wrong_one_changes_nothing(waiting):
    set_rule(topic=waiting, language="en", expression="wait* AND (queue OR line)", by=None, at=NOW)
    with pytest.raises(WrongRule):
        set_rule(topic=waiting, language="en", expression="wait* AND (", by=None, at=NOW)
    rule = TopicRule.objects.get()
    assert (rule.version, rule.expression) == (1, "wait* AND (queue OR line)")


def test_a_topic_that_is_off_finds_nothing_and_finds_again_when_on(world, waiting):
    (said,) = answers(world, "I waited in the queue")
    read()
    switch_topic(topic=waiting, active=False, by=None, at=NOW)
    code_all()
    assert topics_of(said) == set()
    switch_topic(topic=waiting, active=True, by=None, at=NOW)
    code_all()
    assert topics_of(said) == {"waiting"}
    drop_rule(rule=waiting.rules.get(), by=None, at=NOW)
    code_all()
    assert topics_of(said) == set()


def test_a_row_that_cannot_be_read_is_put_aside_and_the_others_are_read(world):
    rows = answers(world, *(f"Number {n} was fine for me" for n in range(6)))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN IF NEW.source_id = %s THEN RAISE 'poison'; END IF; RETURN NEW; END $$",
            [rows[2].pk],
        )
        cursor.execute("CREATE TRIGGER refuse BEFORE INSERT ON surveys_passage FOR EACH ROW EXECUTE FUNCTION refuse()")
    at = NOW
    for _ in range(12):
        while read(at):
            pass
        at += timedelta(hours=2)
    assert set(Response.objects.unread()) == {rows[2]}
    assert Trial.objects.get().parked_at is not None
