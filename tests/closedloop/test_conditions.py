"""The words of alert rules, over signals."""

import pytest
from django.core.exceptions import ValidationError

from closedloop.filters import SignalFilter
from closedloop.grave_words import grave_words
from closedloop.models import CustomerSignal
from common.conditions import compile_condition
from surveys.scoring import category, moved
from tests.factories import closedloop as make


def meets(signal: CustomerSignal, condition: dict) -> bool:
    met = compile_condition(condition, SignalFilter)
    return CustomerSignal.objects.filter(met, pk=signal.pk).exists()


def leaf(name: str, value) -> dict:
    return {"filter": name, "value": value}


@pytest.fixture
def signal(world) -> CustomerSignal:
    response = make.answer(world.interaction)
    return make.signal(
        unit=world.harbour, customer=world.ines, program=response.program, response=response,
        score=4, category="detractor", text="Je veux RÉSILIER mon compte. Call my lawyer!", callback=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("score", 4, 5),
        ("score__lt", 5, 4),
        ("score__lte", 4, 3),
        ("score__gt", 3, 4),
        ("score__gte", 4, 5),
        ("category", "detractor", "passive"),
        ("text_has", ["lawyer"], ["awyer"]),
        ("text_has", ["resilier"], ["silier"]),
        ("text_has", ["nothing", "LAW"], ["(", "nothing"]),
        ("text_has", "lawyer, judge", "judge, jury"),
        ("has_comment", True, False),
        ("callback", True, False),
        ("program", "visits", "other"),
        ("channel", "EMAIL", "sms"),
        ("unit", "HARBOUR", "STATION"),
        ("unit", "NORTH", "SOUTH"),
    ],
)
def test_a_leaf_is_true_of_what_it_names_and_of_nothing_else(world, signal, name, yes, no):
    make.Program.objects.create(code="other", name="Other")
    units = {unit.name.upper(): unit.external_id for unit in (world.harbour, world.north, world.station, world.south)}
    yes, no = (units.get(v, v) if name == "unit" else v for v in (yes, no))
    assert meets(signal, leaf(name, yes))
    assert not meets(signal, leaf(name, no))
    assert meets(signal, {"not": leaf(name, no)})
    assert not meets(signal, {"not": leaf(name, yes)})


@pytest.mark.parametrize(
    ("grave", "harmless"),
    [
        ("I was THREATENED at the counter.", "Courteous, a blessing. The dish was good."),
        ("J'en parle à mon avocat, on m'a volé ma carte.", "Très bien, l'hôtesse était charmante."),
        ("سأتصل بالشرطة", "شكرا جزيلا"),
        ("Das ist Betrug, ich gehe zum ANWALT.", "Das Gericht schmeckte, alles gut."),
        ("Voy a poner una denuncia, fue peligroso.", "Muy amables, gracias."),
        ("Ho già parlato con l'avvocato.", "Tutto bene, grazie."),
    ],
)
def test_words_of_law_and_safety_are_known_in_each_language(world, grave, harmless):
    for number, text in enumerate((grave, harmless)):
        make.signal(unit=world.harbour, source_id=str(number), text=text)
    found = CustomerSignal.objects.filter(compile_condition(grave_words(), SignalFilter))
    assert [signal.text for signal in found] == [grave]


def test_moved_and_category_changed_keep_to_the_rule_for_all_pairs(world):
    pairs = [(before, now) for before in range(11) for now in range(11)]
    for before, now in pairs:
        make.signal(
            unit=world.harbour, source_id=f"{before}-{now}", score=now, category=category(now),
            previous_score=before, previous_category=category(before),
        )  # fmt: skip
    met = CustomerSignal.objects.filter(compile_condition(leaf("moved", True), SignalFilter))
    assert {s.source_id for s in met} == {f"{before}-{now}" for before, now in pairs if moved(before, now)}
    assert met.count() == 94
    assert CustomerSignal.objects.filter(compile_condition(leaf("moved", False), SignalFilter)).count() == 121 - 94
    changed = CustomerSignal.objects.filter(compile_condition(leaf("category_changed", True), SignalFilter))
    assert {s.source_id for s in changed} == {f"{b}-{n}" for b, n in pairs if category(b) != category(n)}
    far = CustomerSignal.objects.filter(compile_condition(leaf("moved_far", True), SignalFilter))
    assert (changed.count(), far.count(), (changed & far).count()) == (64, 90, 60)
    assert {s.source_id for s in met if s.change} == {s.source_id for s in met}
    said = {s.source_id: s.change for s in CustomerSignal.objects.all()}
    assert sum(not words for words in said.values()) == 121 - 94
    assert said["7-6"] == "went from passive to detractor"
    assert said["2-5"] == "rose by 3 points"
    assert said["9-4"] == "went from promoter to detractor, and fell by 5 points"


@pytest.mark.parametrize("name", ["moved", "category_changed"])
def test_a_first_answer_has_not_moved(world, signal, name):
    assert meets(signal, leaf(name, False))
    assert not meets(signal, leaf(name, True))


def test_a_score_on_another_scale_has_not_moved(world):
    signal = make.signal(unit=world.harbour, score=2, previous_score=9, previous_category="promoter")
    assert not meets(signal, leaf("moved", True))


def test_segment_is_the_customer_s(world, signal):
    world.ines.segment = "Private"
    world.ines.save()
    assert meets(signal, leaf("segment", "private"))
    assert not meets(signal, leaf("segment", "business"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("score__lte", "6", "whole number"),
        ("score__lte", True, "whole number"),
        ("score__lte", 6.5, "whole number"),
        ("category", "angry", "valid choice"),
        ("text_has", 7, "list of words"),
        ("text_has", ["", "x"], "list of words"),
        ("text_has", [], "needed|list of words"),
        ("unit", "nowhere", "no unit"),
        ("program", "none", "valid choice"),
        ("callback", "perhaps", "value is needed"),
        ("callback_wanted", True, "unknown filter"),
    ],
)
def test_a_leaf_that_cannot_be_read_says_why(db, name, value, message):
    with pytest.raises(ValidationError, match=message):
        compile_condition(leaf(name, value), SignalFilter)
