"""The theme of a morning: what stands out, and that noise does not."""

import random

import pytest

from distribution.themes import Part, Talk, Theme, fisher, theme_of


def talk(code, now, before, detractors=(0, 0)):
    return Talk(code, code.title(), Part(*now), Part(*detractors), Part(*before))


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        (Part(3, 4), Part(1, 4), 34 / 70),  # the lady tasting tea
        (Part(4, 4), Part(0, 4), 2 / 70),
        (Part(0, 10), Part(0, 50), 1.0),
        (Part(8, 8), Part(0, 8), 2 / 12_870),
    ],
)
def test_fisher_counts_the_splits_that_are_no_likelier(one, other, p):
    assert fisher(one, other) == pytest.approx(p, abs=1e-12)
    assert fisher(other, one) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize("wrong", [Part(5, 4), Part(-1, 4)])
def test_impossible_counts_are_refused(wrong):
    with pytest.raises(ValueError, match="more hits than answers"):
        fisher(wrong, Part(1, 4))


def test_a_topic_that_rose_is_the_theme():
    found, compared = theme_of([talk("waiting", (9, 30), (8, 150)), talk("fees", (3, 30), (15, 150))])
    assert found == Theme("rose", "waiting", "Waiting", Part(9, 30), Part(8, 150))
    assert compared == 2


def test_one_that_fell_is_too():
    found, _ = theme_of([talk("waiting", (0, 60), (40, 150))])
    assert (found.kind, found.part, found.other) == ("fell", Part(0, 60), Part(40, 150))


def test_of_several_that_moved_it_is_the_one_that_moved_most():
    found, _ = theme_of([talk("fees", (15, 30), (10, 150)), talk("waiting", (20, 30), (10, 150))])
    assert found.code == "waiting"


def test_what_unhappy_customers_speak_of_more_than_others_weighs():
    found, _ = theme_of([talk("waiting", (10, 40), (40, 160), detractors=(9, 10))])
    assert found == Theme("weighs", "waiting", "Waiting", Part(9, 10), Part(1, 30))


def test_what_happy_customers_speak_of_does_not():
    assert theme_of([talk("kind", (20, 40), (80, 160), detractors=(0, 20))])[0] is None


def test_a_share_that_moved_goes_before_one_that_weighs():
    weighs = talk("fees", (10, 40), (40, 160), detractors=(9, 10))
    found, _ = theme_of([weighs, talk("waiting", (20, 40), (8, 160), detractors=(5, 10))])
    assert (found.kind, found.code) == ("rose", "waiting")


def test_fewer_than_five_customers_are_no_theme():
    assert theme_of([talk("waiting", (4, 4), (0, 400))]) == (None, 0)


def test_a_first_fortnight_has_nothing_to_be_held_against():
    assert theme_of([talk("waiting", (20, 30), (0, 0))]) == (None, 0)


def test_of_many_topics_one_must_stand_out_further():
    """9 of 40 against 14 of 160 (p = 0.024) is something by itself, and nothing among twenty."""
    alone = talk("waiting", (9, 40), (14, 160))
    assert theme_of([alone])[0] == Theme("rose", "waiting", "Waiting", Part(9, 40), Part(14, 160))
    others = [talk(f"topic-{n}", (4, 40), (16, 160)) for n in range(19)]
    assert theme_of([alone, *others]) == (None, 20)


def test_mornings_of_mere_chance_tell_a_theme_at_most_one_time_in_twenty():
    rng = random.Random(8)  # the seed was fixed before the first run

    def by_chance(n, share):
        return sum(rng.random() < share for _ in range(n))

    told = 0
    for _ in range(400):
        topics = []
        for number in range(6):
            share = 0.05 + 0.05 * number
            unhappy, others = by_chance(10, share), by_chance(30, share)
            topics.append(talk(f"t{number}", (unhappy + others, 40), (by_chance(160, share), 160), (unhappy, 10)))
        told += theme_of(topics)[0] is not None
    assert told <= 30  # of 400 at 5 %: 20, and at most 30 with 99 % probability
