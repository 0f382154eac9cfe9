"""The persons behind the rows: a web shop that knows some customers too, households and companies, a few holds.

By the services of the house, once, at the end of the history: a hundredth of the customers, so that lists, the review
of duplicates and the cards have something to show.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from crm.models import Customer, DuplicateCandidate, Hold, OrgUnit
from crm.services.finding_duplicates import find_duplicates
from crm.services.holding import hold
from crm.services.ingesting import ingest_accounts, ingest_customers
from crm.services.merging import merge
from demo.company.bank import SOURCE

WEB = "web"  # the bank's own shop on the web, in which people write their names as they like
COMPANIES = ("Tidewater Mills", "Orchard & Lane", "Harbour Freight", "Copperfield Dental", "Le Fournil")
WHY = "seen with the passport at the desk"


def introduce(*, at: datetime) -> dict[str, int]:
    """How many rows of each kind were brought in. Does nothing a second time."""
    share = max(20, Customer.objects.filter(source=SOURCE).count() // 100)
    rows = Customer.objects.filter(source=SOURCE).select_related("unit").prefetch_related("contact_points")
    known = list(rows.order_by("pk")[:share])
    with_mail = known[: share // 2]
    ingest_customers([_on_the_web(row, at) for row in with_mail], source=WEB, at=at)
    pairs = find_duplicates(at=at)
    merged = [
        merge(kept=pair.first, merged=pair.second, why=WHY, at=at)
        for pair in DuplicateCandidate.objects.open().select_related("first", "second").order_by("-score", "pk")[::3]
    ]
    accounts = [*_households(known, at), *_companies(known, at)]
    ingest_accounts(accounts, source=SOURCE, at=at)
    for number, row in enumerate(known[::10]):
        kind = (Hold.Kind.BEREAVEMENT, Hold.Kind.COMPLAINT, Hold.Kind.LEGAL)[number % 3]
        until = at + timedelta(days=30 * (1 + number % 3))
        hold(customer=row, kind=kind, cause=f"desk:{number}", why="told at the desk", until=until, at=at)
    return {"duplicates": pairs, "merges": len(merged), "accounts": len(accounts)}


def _on_the_web(row: Customer, at: datetime) -> dict[str, Any]:
    """As the customer typed it: an initial, or a name without its accents."""
    address = next((point.address for point in row.contact_points.all() if point.channel == "email"), "")
    return {
        "external_id": f"shop-{row.pk}", "given_name": f"{row.given_name[:1]}." if row.pk % 3 else row.given_name,
        "family_name": row.family_name, "as_of": at.isoformat(), "language": row.language,
        "unit": {"source": SOURCE, "external_id": _unit(row).external_id},
        "contact_points": [{"channel": "email", "address": address}] if address else [],
    }  # fmt: skip


def _unit(row: Customer) -> OrgUnit:
    if row.unit is None:
        raise ValueError(f"customer {row.external_id} has no branch")
    return row.unit


def _households(known: list[Customer], at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "external_id": f"household-{number}", "name": f"{one.family_name} and {other.family_name}",
            "kind": "household", "as_of": at.isoformat(), "unit": _unit(one).external_id,
            "members": [{"customer": one.external_id, "role": "holder"}, {"customer": other.external_id}],
        }
        for number, (one, other) in enumerate(zip(known[1::4], known[2::4], strict=False))
    ]  # fmt: skip


def _companies(known: list[Customer], at: datetime) -> list[dict[str, Any]]:
    """Each with somebody who decides, somebody who pays, and people who use the account."""
    found = []
    for number, name in enumerate(COMPANIES):
        people = known[number * 4 : number * 4 + 4]
        roles = (("decision_maker", "3"), ("holder", "2"), ("user", "1"), ("user", "1"))
        found.append(
            {
                "external_id": f"company-{number}", "name": name, "kind": "account", "segment": "business",
                "as_of": at.isoformat(), "unit": _unit(people[0]).external_id,
                "members": [
                    {"customer": row.external_id, "role": role, "weight": weight}
                    for row, (role, weight) in zip(people, roles, strict=False)
                ],
            }
        )  # fmt: skip
    return found
