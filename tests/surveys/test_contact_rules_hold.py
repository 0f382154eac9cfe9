"""No two hand-offs closer than a contact rule allows; `python -m tests.proofs contacts` tells many more stories."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contact_stories import DEEDS, PEOPLE, RULES, Step, Story
from tests.world import build_world

person = st.integers(0, PEOPLE - 1)
steps = st.lists(st.builds(Step, st.integers(0, 240), st.sampled_from(DEEDS), person, person), min_size=6, max_size=10)


@pytest.mark.django_db
@pytest.mark.parametrize("name", RULES)
def test_no_two_hand_offs_are_closer_than(name: str):
    told: Counter[str] = Counter()

    @settings(max_examples=2, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def lives(life: list[Step]) -> None:
        with transaction.atomic():
            story = Story(build_world(), RULES[name])
            story.live(life)
            transaction.set_rollback(True)
        told.update(story.tally)
        assert story.wrong == []

    lives()
    assert told["asked"] > 0


@pytest.mark.django_db
def test_the_stories_notice_a_hand_off_that_is_too_close():
    story = Story(build_world(), {"quarantine_days": 1})
    story.rule = {"quarantine_days": 30}  # what is held to the stories, not what the program does
    story.live([Step(4, "visits", 0, 0), Step(72, "visits", 0, 0)])
    assert len(story.wrong) == 1
