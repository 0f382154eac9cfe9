"""The demo's library is filled by the house's own verbs from what happened, once."""

import pytest

from crm.models import Employee, OrgUnit
from demo.company.bank import SOURCE
from demo.library import furnish
from distribution.models import Entry
from tests.distribution.library import answer, closed_case
from tests.world import NOW

pytestmark = pytest.mark.django_db


def test_it_tells_of_recoveries_quotes_and_notices_and_fills_once(world):
    Employee.objects.update(source=SOURCE)
    OrgUnit.objects.filter(pk=world.head_office.pk).update(source=SOURCE, external_id="HQ")
    closed_case(world)
    answer(world, score=10, comment="So kind")
    furnish(at=NOW)
    furnish(at=NOW)
    rows = Entry.objects.order_by("kind", "pk").values_list("kind", "title", "state", "by__username")
    assert [(kind, title, state) for kind, title, state, _ in rows] == [
        ("notice", "Who rings back, and by when", "published"),
        ("notice", "The FlexiCard's fee is told before it is signed for", "published"),
        ("quote", "", "published"),
        ("story", "Harbour: from 3 to 9", "published"),
    ]
    assert Entry.objects.get(kind="story").by == world.helen.user
    assert Entry.objects.get(kind="quote").featured_at == NOW
