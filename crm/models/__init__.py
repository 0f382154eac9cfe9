from crm.models.api_keys import ApiKey
from crm.models.calendars import BusinessCalendar
from crm.models.customers import Channel, Consent, ContactPoint, Customer, Hold, Purpose, Suppression
from crm.models.details import LearnedDetail, MissingDetail, ProfileDetail
from crm.models.employees import Assignment, Employee, Role
from crm.models.interactions import Interaction, InteractionKind
from crm.models.landing import LandingCustomer, LandingEmployee, LandingFinancial, LandingInteraction, LandingUnit
from crm.models.money import FinancialRecord
from crm.models.offers import CustomerOffer, Offer, OfferOutcome
from crm.models.relationships import Acquisition, Relationship
from crm.models.reorganizations import Reorganization, ReorganizationStep
from crm.models.sources import Delivery, Feed, FeedDay, FeedState, Silence, Source
from crm.models.successions import Relocation, Succession
from crm.models.units import Hierarchy, OrgUnit, Placement, UnitClosure
from crm.models.uploads import Upload

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
    "Delivery",
    "Employee",
    "Feed",
    "FeedDay",
    "FeedState",
    "FinancialRecord",
    "Hierarchy",
    "Hold",
    "Interaction",
    "InteractionKind",
    "LandingCustomer",
    "LandingEmployee",
    "LandingFinancial",
    "LandingInteraction",
    "LandingUnit",
    "LearnedDetail",
    "MissingDetail",
    "Offer",
    "OfferOutcome",
    "OrgUnit",
    "Placement",
    "ProfileDetail",
    "Purpose",
    "Relationship",
    "Relocation",
    "Reorganization",
    "ReorganizationStep",
    "Role",
    "Silence",
    "Source",
    "Succession",
    "Suppression",
    "UnitClosure",
    "Upload",
]
