"""Routes of crm below /api/v1/."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView

from crm.api import organization, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("units", views.UnitList.as_view(), name="api-units"),
    path("units/<path:external_id>", views.UnitDetail.as_view(), name="api-unit"),
    path("hierarchies", organization.HierarchyList.as_view(), name="api-hierarchies"),
    path("placements", organization.PlacementList.as_view(), name="api-placements"),
    path("employees", views.EmployeeList.as_view(), name="api-employees"),
    path("employees/<path:external_id>", views.EmployeeDetail.as_view(), name="api-employee"),
    path("customers", views.CustomerList.as_view(), name="api-customers"),
    path("customers/<path:external_id>", views.CustomerDetail.as_view(), name="api-customer"),
    path("interactions", views.InteractionList.as_view(), name="api-interactions"),
    path("interactions/<path:external_id>", views.InteractionDetail.as_view(), name="api-interaction"),
    path("interaction-kinds", views.InteractionKindList.as_view(), name="api-interaction-kinds"),
    path("interaction-kinds/<str:code>", views.InteractionKindDetail.as_view(), name="api-interaction-kind"),
]
