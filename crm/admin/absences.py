"""Who is away, who takes over meanwhile, and who can do what."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.console import ScopedAdmin
from crm.models import Absence, EmployeeSkill, Skill


@admin.register(Absence)
class AbsenceAdmin(ScopedAdmin):
    list_display = ("employee", "first_on", "last_on", "deputy", "source")
    list_select_related = ("employee", "deputy")
    search_fields = ("employee__name", "=employee__external_id")
    ordering = ("-first_on", "-id")
    fields = ("employee", "first_on", "last_on", "deputy")
    autocomplete_fields = ("employee", "deputy")
    deletable = True

    def save_model(self, request: HttpRequest, obj: Absence, form: Any, change: bool) -> None:
        """What a person enters here has an id of our own."""
        if not change:
            obj.source, obj.external_id = "console", uuid.uuid4().hex
        super().save_model(request, obj, form, change)


@admin.register(Skill)
class SkillAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "kind", "code")
    list_filter = ("kind",)
    search_fields = ("name", "code")


@admin.register(EmployeeSkill)
class EmployeeSkillAdmin(ScopedAdmin):
    list_display = ("employee", "skill", "first_on", "last_on")
    list_select_related = ("employee", "skill")
    list_filter = ("skill",)
    search_fields = ("employee__name", "=employee__external_id")
    ordering = ("employee__name", "skill__name", "id")
    autocomplete_fields = ("employee", "skill")
    deletable = True
