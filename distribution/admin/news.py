from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.console import ScopedAdmin
from crm.sight import sees_every_unit
from distribution.models import News


@admin.register(News)
class NewsAdmin(ScopedAdmin):
    """Short notices in the morning's digests. Whoever does not see the whole company says to which unit."""

    list_display = ("title", "unit", "first_on", "last_on")
    list_select_related = ("unit",)
    list_filter = ("unit",)
    search_fields = ("title", "text")
    fields = ("title", "text", "unit", "first_on", "last_on")
    autocomplete_fields = ("unit",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "unit":
            kwargs["required"] = not sees_every_unit(request.user, self.function("change"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
