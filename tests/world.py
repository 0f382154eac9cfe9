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
    head = make.unit(name="Head office", kind=OrgUnit.Kind.HEAD_OFFICE, calendar=calendar)
    north = make.unit(name="North", kind=OrgUnit.Kind.REGION, calendar=calendar)
    south = make.unit(name="South", kind=OrgUnit.Kind.REGION, calendar=calendar)
    harbour, mill, station = (make.unit(name=name, calendar=calendar) for name in ("Harbour", "Mill", "Station"))
    for unit, parent in ((head, None), (north, head), (south, head), (harbour, north), (mill, north), (station, south)):
        make.placement(hierarchy=hierarchy, unit=unit, parent=parent, since=FROM)
    make.closure(hierarchy)
    people = {
        name: make.employee(name=name.capitalize(), unit=unit, role=role, since=FROM)
        for name, unit, role in (
            ("olivia", head, "office"),
            ("rosa", north, "region"),
            ("helen", harbour, "branch"),
            ("jonas", harbour, "employee"),
            ("elsa", station, "branch"),
        )
    }
    visit = make.interaction_kind()
    ines = make.customer(
        given_name="Ines", family_name="Moreau", unit=harbour, email="ines@example.org", phone="+442079460471"
    )
    interaction = make.interaction(kind=visit, customer=ines, unit=harbour, employee=people["jonas"])
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
        crm_key=crm_key, crm_secret=crm_secret, station_key=station_key, station_secret=station_secret, **people,
    )  # fmt: skip
