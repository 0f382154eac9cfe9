"""R-15, a small run; `python -m tests.proofs tickets` is the long one."""

import pytest

from tests.closedloop.ticket_machine import Merging, TwoConnections, run


@pytest.mark.django_db
def test_a_ticket_keeps_its_rules_in_any_order_of_events():
    run(Merging, runs=20, steps=20)


@pytest.mark.django_db(transaction=True)
def test_a_ticket_keeps_its_rules_when_two_people_act_at_the_same_moment():
    try:
        run(TwoConnections, runs=8, steps=20)
    finally:
        TwoConnections.go_home()
