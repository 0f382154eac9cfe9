from crm.models.accounts import Account, AccountMember
from crm.models.api_keys import ApiKey
from crm.models.books import BooksChange
from crm.models.calendars import BusinessCalendar
from crm.models.consents import Consent, ConsentWord, Origin, Purpose
from crm.models.customers import Channel, ContactPoint, Customer
from crm.models.details import LearnedDetail, MissingDetail, ProfileDetail
from crm.models.employees import Assignment, Employee, Role
from crm.models.holds import Hold, LiftedSuppression, Suppression
from crm.models.interactions import Interaction, InteractionKind
from crm.models.landing import LandingCustomer, LandingEmployee, LandingFinancial, LandingInteraction, LandingUnit
from crm.models.merges import DuplicateCandidate, Merge
from crm.models.money import FinancialRecord
from crm.models.offers import CustomerOffer, Offer, OfferOutcome
from crm.models.relationships import Acquisition, Relationship
from crm.models.reorganizations import Reorganization, ReorganizationStep
from crm.models.skills import Absence, EmployeeSkill, Skill
from crm.models.sources import Delivery, Feed, FeedDay, FeedState, Silence, Source
from crm.models.successions import Relocation, Succession
from crm.models.units import Hierarchy, OrgUnit, Placement, UnitClosure
from crm.models.uploads import Upload

__all__ = [
    "Absence",
    "Account",
    "AccountMember",
    "Acquisition",
    "ApiKey",
    "Assignment",
    "BooksChange",
    "BusinessCalendar",
    "Channel",
    "Consent",
    "ConsentWord",
    "ContactPoint",
    "Customer",
    "CustomerOffer",
    "Delivery",
    "DuplicateCandidate",
    "Employee",
    "EmployeeSkill",
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
    "LiftedSuppression",
    "Merge",
    "MissingDetail",
    "Offer",
    "OfferOutcome",
    "OrgUnit",
    "Origin",
    "Placement",
    "ProfileDetail",
    "Purpose",
    "Relationship",
    "Relocation",
    "Reorganization",
    "ReorganizationStep",
    "Role",
    "Silence",
    "Skill",
    "Source",
    "Succession",
    "Suppression",
    "UnitClosure",
    "Upload",
]
