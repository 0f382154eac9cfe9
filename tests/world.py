"""The named cast: who manages the branch, who works in it, who is elsewhere and must see nothing, who is the customer.

    Head office (Olivia, office)
    ├── North (Rosa, region)
    │   ├── Harbour (Helen, branch manager; Jonas, employee)  <- customer Ines was served here by Jonas
    │   └── Mill (nobody)
    └── South
        └── Station (Elsa, branch manager: elsewhere)

Everything happens around NOW, Tuesday 24 November 2026, 10:00 in Harbour's zone (Europe/London).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from common.models import Event, User
from crm.models import ApiKey, BusinessCalendar, Customer, Employee, Hierarchy, Interaction, InteractionKind, OrgUnit
from tests.factories import crm as make

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
FROM = date(2020, 1, 1)


@dataclass
class World:
    hierarchy: Hierarchy
    calendar: BusinessCalendar
    head_office: OrgUnit
    north: OrgUnit
    south: OrgUnit
    harbour: OrgUnit
    mill: OrgUnit
    station: OrgUnit
    operator: User  # superuser, no employee
    olivia: Employee  # office, everywhere
    rosa: Employee  # region North
    helen: Employee  # manages Harbour
    jonas: Employee  # works in Harbour
    elsa: Employee  # manages Station: must see nothing of Harbour
    visit: InteractionKind
    ines: Customer  # e-mail ines@example.org, phone +442079460471, served in Harbour
    interaction: Interaction  # Ines' visit to Harbour with Jonas, yesterday
    crm_key: ApiKey  # whole company, every scope
    crm_secret: str
    station_key: ApiKey  # Station only
    station_secret: str


def build_world() -> World:
    calendar = make.calendar(code="london", country="GB", subdivision="ENG")
    hierarchy = Hierarchy.objects.create(code="line", name="Line of management", is_primary=True)
    kind = OrgUnit.Kind
    head, north, south, harbour, mill, station = make.units(
        calendar=calendar, head_office=kind.HEAD_OFFICE, north=kind.REGION, south=kind.REGION,
        harbour=kind.BRANCH, mill=kind.BRANCH, station=kind.BRANCH,
    )  # fmt: skip
    parents = {head: None, north: head, south: head, harbour: north, mill: north, station: south}
    make.placements(hierarchy, parents, since=FROM)
    olivia, rosa, helen, jonas, elsa = make.employees(
        ("olivia", head, "office"), ("rosa", north, "region"), ("helen", harbour, "branch"),
        ("jonas", harbour, "employee"), ("elsa", station, "branch"), since=FROM,
    )  # fmt: skip
    visit = make.interaction_kind()
    ines = make.customer(
        given_name="Ines", family_name="Moreau", unit=harbour, email="ines@example.org", phone="+442079460471"
    )
    interaction = make.interaction(kind=visit, customer=ines, unit=harbour, employee=jonas)
    scopes = [
        "organization:write",
        "customers:write",
        "cards:read",
        "interactions:write",
        "responses:read",
        "responses:write",
        "money:write",
        "offers:write",
        "programs:read",
        "decisions:read",
        "scores:read",
        "worth:read",
        "signals:write",
        "tickets:read",
        "tickets:write",
        "webhooks:write",
    ]
    crm_key, crm_secret = ApiKey.issue(name="CRM", source="crm", scopes=scopes, unit=head, at=NOW)
    station_key, station_secret = ApiKey.issue(name="Station", source="crm", scopes=scopes, unit=station, at=NOW)
    operator = User.objects.create_superuser("operator", "operator@example.org", "correct horse battery")
    Event.objects.all().delete()  # a test's own events are the first ones: the keys were issued before it began
    return World(
        hierarchy=hierarchy, calendar=calendar, head_office=head, north=north, south=south, harbour=harbour, mill=mill,
        station=station, operator=operator, visit=visit, ines=ines, interaction=interaction,
        crm_key=crm_key, crm_secret=crm_secret, station_key=station_key, station_secret=station_secret,
        olivia=olivia, rosa=rosa, helen=helen, jonas=jonas, elsa=elsa,
    )  # fmt: skip
