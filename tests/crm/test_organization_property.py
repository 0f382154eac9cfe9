"""Whatever happens to the organization: totals add up in every view, sight is what the tree gives, and what was
reported as known on a day can be had again. A longer run is `python -m tests.proofs organization`."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.crm.organization_machine import STORIES, Organization, some_day, stories

EXAMPLES = 12


@pytest.mark.django_db
def test_whatever_happens_reports_add_up_and_sight_is_what_the_tree_gives():
    company = Organization()

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(story=stories, day=some_day)
    def played(story, day):
        with company.untouched():
            company.play(story, day)

    for story in STORIES:
        with company.untouched():
            assert company.play(story) == len(story)
    played()
