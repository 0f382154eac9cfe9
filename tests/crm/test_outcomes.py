"""R-25, two thousand items; `python -m tests.proofs outcomes` sends 100,000."""

from tests.outcomes import exchange


def test_whatever_is_sent_in_is_created_updated_unchanged_stale_or_rejected_and_adds_up(world):
    balance = exchange(world, items=2_000, lists_of=250, seed=1)
    assert balance["wrong"] == []
    assert balance["received"] == 2_000
    assert (balance["adds_up"], balance["rows_are_those_created"], balance["loads_add_up"]) == (True, True, True)
