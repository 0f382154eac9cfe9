"""What else is known of a row, in words where the console showed JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from crm.attributes import told

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class ToldAttributes(Base):
    """Shows `attributes` by the labels that the kind of interaction declares, or by their names."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "attributes_told")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = [name for name in super().get_fields(request, obj) if name != "attributes_told"]
        return ["attributes_told" if name == "attributes" else name for name in names]

    @admin.display(description="attributes")
    def attributes_told(self, row: Any) -> str:
        kind = getattr(row, "kind", None)
        return told(getattr(kind, "schema", {}), row.attributes)
