"""From answers to signals."""

from datetime import UTC, datetime, timedelta

import pytest

from closedloop.models import CustomerSignal
from closedloop.services.raising import raise_signals
from common.models import Load, Trial
from surveys.models import Program, Response
from tests.factories import closedloop as make
from tests.factories import crm
from tests.factories import surveys as ask
from tests.world import NOW


def raised(response) -> CustomerSignal:
    raise_signals(at=NOW)
    return CustomerSignal.objects.get(source_id=str(response.pk), revision=response.revision)


def previous(response) -> tuple:
    signal = raised(response)
    return signal.previous_score, signal.previous_category


def test_a_signal_says_what_the_answer_says(world):
    signal = raised(make.answer(world.interaction, score=6, comment="Slow.", callback=True))
    assert (signal.customer, signal.unit, signal.employee) == (world.ines, world.harbour, world.jonas)
    assert (signal.score, signal.category, signal.text, signal.callback) == (6, "detractor", "Slow.", True)


def test_each_revision_raises_one_signal(world):
    response = make.answer(world.interaction)
    raise_signals(at=NOW)
    make.revise(response, comment="Slow.")
    assert raise_signals(at=NOW) == 1
    assert raise_signals(at=NOW) == 0
    assert list(CustomerSignal.objects.order_by("revision").values_list("revision", flat=True)) == [1, 2]


def test_an_answer_without_score_or_customer_raises_one_too(world):
    signal = raised(make.answer(world.interaction, score=None, customer=None, comment="Hello?"))
    assert (signal.score, signal.category, signal.customer) == (None, "", None)


def test_another_scale_has_a_score_and_no_category(world):
    signal = raised(make.answer(world.interaction, score=2, category="", scale_min=1, scale_max=5))
    assert (signal.score, signal.category) == (2, "")


def test_the_previous_answer_is_the_last_before_by_the_time_of_answering(world):
    now = make.answer(world.interaction, score=3)
    make.answer(world.interaction, score=9, answered_at=NOW - timedelta(days=90))
    make.answer(world.interaction, score=8, answered_at=NOW - timedelta(days=30))
    make.answer(world.interaction, score=1, answered_at=NOW + timedelta(days=1))
    assert previous(now) == (8, "passive")


def test_a_first_answer_has_none_before_it_and_a_revision_is_not_before_itself(world):
    response = make.answer(world.interaction, score=3)
    assert previous(response) == (None, "")
    assert previous(make.revise(response, score=8)) == (None, "")


def test_answers_of_merged_rows_are_one_person_s(world):
    twin = crm.customer(canonical=world.ines)
    make.answer(world.interaction, score=9, customer=twin, answered_at=NOW - timedelta(days=30))
    now = make.answer(world.interaction, score=3)
    assert previous(now) == (9, "promoter")
    again = make.answer(world.interaction, score=10, customer=twin, answered_at=NOW)
    assert previous(again) == (3, "detractor")
    assert raised(again).customer == world.ines


def test_an_answer_of_another_kind_of_program_is_not_compared(world):
    relationship = Program.objects.create(code="yearly", name="Yearly", kind="relationship")
    make.answer(world.interaction, score=9, program=relationship, answered_at=NOW - timedelta(days=30))
    assert previous(make.answer(world.interaction, score=3)) == (None, "")


def test_an_answer_on_another_scale_is_not_compared(world):
    earlier = {"answered_at": NOW - timedelta(days=30), "category": "", "scale_max": 5}
    make.answer(world.interaction, score=5, **earlier)
    assert previous(make.answer(world.interaction, score=3)) == (None, "")


@pytest.mark.parametrize(
    ("question", "found"), [("Likely?", (9, "promoter")), ("Would you?", (None, "")), (None, (9, "promoter"))]
)
def test_an_answer_that_was_asked_for_in_other_words_is_not_compared(world, question, found):
    said = None if question is None else ask.version(wording={"en": {"question": question, "why_passive": "Why?"}})
    make.answer(world.interaction, score=9, version=said, answered_at=NOW - timedelta(days=30))
    now = ask.version(wording={"en": {"question": "Likely?"}})
    assert previous(make.answer(world.interaction, score=3, version=now)) == found


@pytest.mark.parametrize(("seconds", "found"), [(0, (9, "promoter")), (-1, (None, ""))])
def test_twenty_four_months_are_counted_by_the_calendar(world, seconds, found):
    edge = datetime(2024, 11, 24, 10, 0, tzinfo=UTC) + timedelta(seconds=seconds)
    make.answer(world.interaction, score=9, answered_at=edge)
    assert previous(make.answer(world.interaction, score=3, answered_at=NOW)) == found


def test_old_answers_that_were_loaded_are_history(world):
    load = Load.objects.create(kind="responses", source="file", started_at=NOW)
    old = make.answer(world.interaction, load=load, answered_at=NOW - timedelta(days=8))
    make.answer(world.interaction, load=load, answered_at=NOW - timedelta(days=6))
    assert raise_signals(at=NOW) == 2
    old.refresh_from_db()
    assert old.signalled_at == NOW
    assert not CustomerSignal.objects.filter(response=old).exists()


@pytest.fixture
def loaded_long_ago(world):
    """Five old complaints that were loaded, and a new one of today."""
    load = Load.objects.create(kind="responses", source="file", started_at=NOW)
    for _ in range(5):
        make.answer(world.interaction, load=load, answered_at=NOW - timedelta(days=8))
    return make.answer(world.interaction)


def test_history_of_more_than_one_stretch_never_raises_a_signal(loaded_long_ago):
    taken = [raise_signals(at=NOW, history=2) for _ in range(4)]
    assert taken == [3, 2, 1, 0]
    assert CustomerSignal.objects.get().response == loaded_long_ago


def test_history_that_waits_for_another_try_never_raises_a_signal(loaded_long_ago):
    first, last = Response.objects.order_by("pk")[0].pk, Response.objects.order_by("pk")[3].pk
    in_trouble = {"since": NOW, "due_at": NOW + timedelta(hours=1)}
    stage = "surveys.response.signalled_at (history)"
    Trial.objects.create(stage=stage, first=first, last=last, tries=1, **in_trouble)
    assert (raise_signals(at=NOW), raise_signals(at=NOW)) == (2, 0)
    assert CustomerSignal.objects.get().response == loaded_long_ago


def test_raising_takes_the_same_number_of_queries_for_two_and_for_twenty(world, django_assert_num_queries):
    for number in (2, 20):
        for _ in range(number):
            make.answer(world.interaction)
        with django_assert_num_queries(21):
            assert raise_signals(at=NOW) == number
