"""Business calendars: when units open."""

from __future__ import annotations

from django.contrib import admin

from common.console import ScopedAdmin
from crm.models import BusinessCalendar


@admin.register(BusinessCalendar)
class BusinessCalendarAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "code", "country", "subdivision")
    search_fields = ("name", "code")
    ordering = ("name",)
