"""Routes of crm below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from common.api.docs import schema_view
from crm.api import bars, cards, merges, money, offers, organization, permits, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", schema_view, name="api-schema"),
    path("units", views.UnitList.as_view(), name="api-units"),
    path("units/<path:external_id>", views.UnitDetail.as_view(), name="api-unit"),
    path("hierarchies", organization.HierarchyList.as_view(), name="api-hierarchies"),
    path("placements", organization.PlacementList.as_view(), name="api-placements"),
    path("employees", views.EmployeeList.as_view(), name="api-employees"),
    path("employees/<path:external_id>", views.EmployeeDetail.as_view(), name="api-employee"),
    path("absences", views.AbsenceList.as_view(), name="api-absences"),
    path("absences/<path:external_id>", views.AbsenceDetail.as_view(), name="api-absence"),
    path("customers", views.CustomerList.as_view(), name="api-customers"),
    path("customers/<path:external_id>/card", cards.CustomerCard.as_view(), name="api-customer-card"),
    path("customers/<path:external_id>/holds", permits.CustomerHolds.as_view(), name="api-customer-holds"),
    path("customers/<path:external_id>/consents", permits.CustomerConsents.as_view(), name="api-customer-consents"),
    path("customers/<path:external_id>/offers", offers.CustomerOffers.as_view(), name="api-customer-proposals"),
    path("customers/<path:external_id>", views.CustomerDetail.as_view(), name="api-customer"),
    path("holds", bars.Holds.as_view(), name="api-holds"),
    path("suppressions", bars.Suppressions.as_view(), name="api-suppressions"),
    path("holds/<uuid:public_id>/release", permits.HoldRelease.as_view(), name="api-hold-release"),
    path("merges", merges.MergeList.as_view(), name="api-merges"),
    path("merges/<uuid:public_id>", merges.MergeDetail.as_view(), name="api-merge"),
    path("merges/<uuid:public_id>/undoing", merges.MergeUndoing.as_view(), name="api-merge-undoing"),
    path("accounts", views.AccountList.as_view(), name="api-accounts"),
    path("accounts/<path:external_id>", views.AccountDetail.as_view(), name="api-account"),
    path("interactions", views.InteractionList.as_view(), name="api-interactions"),
    path("interactions/<path:external_id>/offer-outcomes", offers.OfferOutcomes.as_view(), name="api-offer-outcomes"),
    path(
        "interactions/<path:external_id>/learned-details", offers.LearnedDetails.as_view(), name="api-learned-details"
    ),
    path("interactions/<path:external_id>", views.InteractionDetail.as_view(), name="api-interaction"),
    path("financials", money.FinancialList.as_view(), name="api-financials"),
    path("financials/<path:external_id>", money.FinancialDetail.as_view(), name="api-financial"),
    path("financial-loads", money.FinancialLoads.as_view(), name="api-financial-loads"),
    path("relationships", money.RelationshipList.as_view(), name="api-relationships"),
    path("relationships/<path:external_id>", money.RelationshipDetail.as_view(), name="api-relationship"),
    path("acquisitions", money.AcquisitionList.as_view(), name="api-acquisitions"),
    path("acquisitions/<path:external_id>", money.AcquisitionDetail.as_view(), name="api-acquisition"),
    path("offers", offers.OfferList.as_view(), name="api-offers"),
    path("offers/<path:external_id>", offers.OfferDetail.as_view(), name="api-offer"),
    path("customer-offers", offers.CustomerOfferList.as_view(), name="api-customer-offers"),
    path("customer-offers/<path:external_id>", offers.CustomerOfferDetail.as_view(), name="api-customer-offer"),
    path("missing-details", offers.MissingDetails.as_view(), name="api-missing-details"),
    path("profile-details", offers.ProfileDetailList.as_view(), name="api-profile-details"),
    path("interaction-kinds", views.InteractionKindList.as_view(), name="api-interaction-kinds"),
    path("interaction-kinds/<str:code>", views.InteractionKindDetail.as_view(), name="api-interaction-kind"),
]
