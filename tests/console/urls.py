"""A console with a few admins of its own, so that these tests are about ScopedAdmin and not about any app's choices."""

from django.urls import path
from unfold.sites import UnfoldAdminSite

from common.admin import EventAdmin, UserAdmin
from common.console import ReadOnlyAdmin, ScopedAdmin
from common.long_lists import CappedPaginator
from common.models import Event, User
from crm.models import BusinessCalendar, Customer, Employee, Hold, Interaction, OrgUnit


class CustomerAdmin(ScopedAdmin):
    search_fields = ("given_name", "family_name")
    list_display = ("given_name", "family_name", "unit", "language")
    list_select_related = ("unit",)
    list_filter = ("unit",)


class InteractionAdmin(ReadOnlyAdmin):
    search_fields = ("external_id",)
    list_display = ("external_id", "customer", "unit", "product", "attributes")
    list_select_related = ("customer", "unit")


class HoldAdmin(ScopedAdmin):
    scope_through = "customer"
    list_display = ("customer", "kind")
    fields = ("customer", "kind", "why", "since")


class CalendarAdmin(ScopedAdmin):
    company_wide = True
    search_fields = ("name",)


class ThreeAtMost(CappedPaginator):
    at_most = 3


class UnitAdmin(ScopedAdmin):
    paginator = ThreeAtMost
    search_fields = ("name",)
    autocomplete_fields = ("calendar",)


class EmployeeAdmin(ScopedAdmin):
    search_fields = ("name",)


site = UnfoldAdminSite()
for model, owner in (
    (Customer, CustomerAdmin),
    (Interaction, InteractionAdmin),
    (Hold, HoldAdmin),
    (BusinessCalendar, CalendarAdmin),
    (OrgUnit, UnitAdmin),
    (Employee, EmployeeAdmin),
    (Event, EventAdmin),
    (User, UserAdmin),
):
    site.register(model, owner)

urlpatterns = [path("admin/", site.urls)]
