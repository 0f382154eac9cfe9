from crm.models.api_keys import ApiKey
from crm.models.calendars import BusinessCalendar
from crm.models.customers import Channel, Consent, ContactPoint, Customer, Hold, Purpose, Suppression
from crm.models.employees import Assignment, Employee, Role
from crm.models.interactions import Interaction, InteractionKind
from crm.models.units import Hierarchy, OrgUnit, Placement, UnitClosure

__all__ = [
    "ApiKey",
    "Assignment",
    "BusinessCalendar",
    "Channel",
    "Consent",
    "ContactPoint",
    "Customer",
    "Employee",
    "Hierarchy",
    "Hold",
    "Interaction",
    "InteractionKind",
    "OrgUnit",
    "Placement",
    "Purpose",
    "Role",
    "Suppression",
    "UnitClosure",
]
