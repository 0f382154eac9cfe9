"""The rooms of crm in the console: the organization, its people, customers, interactions, keys of other systems."""

from crm.admin import cards, conditions, persons
from crm.admin.absences import AbsenceAdmin, EmployeeSkillAdmin, SkillAdmin
from crm.admin.accounts import AccountAdmin
from crm.admin.calendars import BusinessCalendarAdmin
from crm.admin.consents import ConsentAdmin, ConsentWordAdmin
from crm.admin.contact_points import ContactPointAdmin
from crm.admin.customers import CustomerAdmin
from crm.admin.duplicates import DuplicateCandidateAdmin, MergeAdmin
from crm.admin.employees import AssignmentAdmin, EmployeeAdmin
from crm.admin.hierarchies import HierarchyAdmin
from crm.admin.interactions import InteractionAdmin, InteractionKindAdmin
from crm.admin.keys import ApiKeyAdmin
from crm.admin.money import AcquisitionAdmin, FinancialRecordAdmin, RelationshipAdmin
from crm.admin.offers import CustomerOfferAdmin, OfferAdmin, OfferOutcomeAdmin, ProfileDetailAdmin
from crm.admin.permissions import HoldAdmin, LiftedSuppressionAdmin, SuppressionAdmin
from crm.admin.reorganizations import ReorganizationAdmin
from crm.admin.sources import FeedAdmin, SourceAdmin
from crm.admin.units import OrgUnitAdmin, PlacementAdmin
from crm.admin.uploads import UploadAdmin

__all__ = [
    "AbsenceAdmin",
    "AccountAdmin",
    "AcquisitionAdmin",
    "ApiKeyAdmin",
    "AssignmentAdmin",
    "BusinessCalendarAdmin",
    "ConsentAdmin",
    "ConsentWordAdmin",
    "ContactPointAdmin",
    "CustomerAdmin",
    "CustomerOfferAdmin",
    "DuplicateCandidateAdmin",
    "EmployeeAdmin",
    "EmployeeSkillAdmin",
    "FeedAdmin",
    "FinancialRecordAdmin",
    "HierarchyAdmin",
    "HoldAdmin",
    "InteractionAdmin",
    "InteractionKindAdmin",
    "LiftedSuppressionAdmin",
    "MergeAdmin",
    "OfferAdmin",
    "OfferOutcomeAdmin",
    "OrgUnitAdmin",
    "PlacementAdmin",
    "ProfileDetailAdmin",
    "RelationshipAdmin",
    "ReorganizationAdmin",
    "SkillAdmin",
    "SourceAdmin",
    "SuppressionAdmin",
    "UploadAdmin",
    "cards",
    "conditions",
    "persons",
]
