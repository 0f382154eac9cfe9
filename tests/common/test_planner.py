"""What the planner is told after much was written: common.planner."""

import pytest
from django.db import connection

from common.models import Event
from common.planner import learn_sizes
from tests.world import NOW


@pytest.mark.django_db(transaction=True)
def test_a_table_that_grew_is_looked_at_once():
    learn_sizes(least=1)
    Event.objects.bulk_create(Event(what="crowd.came", subject_kind="", subject_id="0", at=NOW) for _ in range(60))
    assert "common_event" in learn_sizes(least=50)
    assert "common_event" not in learn_sizes(least=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'common_event'")
        assert cursor.fetchone()[0] >= 60


def test_inside_a_transaction_nothing_is_done(db):
    assert learn_sizes(least=0) == []
