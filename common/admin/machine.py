"""What came in, and whether the machine moves."""

from django.contrib import admin

from common.console import ReadOnlyAdmin
from common.models import Heartbeat, Load


@admin.register(Load)
class LoadAdmin(ReadOnlyAdmin):
    company_wide = True
    list_display = ("started_at", "kind", "source", "name", "counts", "finished_at", "failure", "by")
    list_display_links = ("started_at",)
    list_select_related = ("by",)
    list_filter = ("kind",)
    search_fields = ("name", "source", "=digest")
    ordering = ("-started_at",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    company_wide = True
    list_display = ("name", "at")
    ordering = ("name",)
