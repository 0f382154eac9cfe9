from crm.models.api_keys import ApiKey
from crm.models.calendars import BusinessCalendar
from crm.models.customers import Channel, Consent, ContactPoint, Customer, Hold, Purpose, Suppression
from crm.models.details import LearnedDetail, MissingDetail, ProfileDetail
from crm.models.employees import Assignment, Employee, Role
from crm.models.interactions import Interaction, InteractionKind
from crm.models.money import FinancialRecord
from crm.models.offers import CustomerOffer, Offer, OfferOutcome
from crm.models.relationships import Acquisition, Relationship
from crm.models.units import Hierarchy, OrgUnit, Placement, UnitClosure

__all__ = [
    "Acquisition",
    "ApiKey",
    "Assignment",
    "BusinessCalendar",
    "Channel",
    "Consent",
    "ContactPoint",
    "Customer",
    "CustomerOffer",
    "Employee",
    "FinancialRecord",
    "Hierarchy",
    "Hold",
    "Interaction",
    "InteractionKind",
    "LearnedDetail",
    "MissingDetail",
    "Offer",
    "OfferOutcome",
    "OrgUnit",
    "Placement",
    "ProfileDetail",
    "Purpose",
    "Relationship",
    "Role",
    "Suppression",
    "UnitClosure",
]
