"""Who the customer of the walk is besides: what the house knows of the person behind the row."""

from __future__ import annotations

from datetime import timedelta

from crm.models import Account, AccountMember, Hold, Merge
from crm.services.consenting import refuse
from crm.services.holding import hold
from crm.services.merging import merge, propose
from crm.services.suppressing import lift, suppress
from tests.factories.crm import customer
from tests.world import NOW, World


def person(world: World) -> tuple[Hold, Merge, Account]:
    """Known twice, held, member of an account, with words on consent."""
    at = NOW + timedelta(days=2)  # after all that the digests tell of
    twin = customer(given_name="Ines", family_name="Moreau", unit=world.harbour, email="ines@example.org")
    propose(first=world.ines, second=twin, at=at)
    joined = merge(kept=world.ines, merged=twin, why="Ines Moreau herself", at=at)
    refuse(customer=twin, channel="email", purpose="quote", at=at, evidence="form 7 of Ines Moreau")
    held = hold(customer=world.ines, kind=Hold.Kind.LEGAL, cause="crm:7", why="Ines Moreau sued us", at=at)
    account = Account.objects.create(
        source="crm", external_id="moreau", name="Moreau Wines", unit=world.harbour, as_of=NOW
    )
    AccountMember.objects.create(account=account, customer=world.ines, role="holder")
    suppression = suppress(channel="email", normalized="gone@example.org", reason="manual", at=at)
    lift(suppression=suppression, why="a slip", at=at)
    return held, joined, account
