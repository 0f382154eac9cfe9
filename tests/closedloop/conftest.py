import pytest

from closedloop.models import Ticket
from tests.factories import closedloop as make


@pytest.fixture
def ticket(world) -> Ticket:
    """Ines scored 2 after her visit to Harbour; Helen is to call her by Wednesday 10:00."""
    return make.ticket(make.answer(world.interaction, comment="I waited an hour."))
