"""The console's site: unfold's, without the list of all rooms that nothing here shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class Console(UnfoldAdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Every page gets it, and ours has a sidebar of its own: who may do what with each of more than a hundred
        models, and where, is looked up if somebody reads it. It was a quarter of a page's time."""
        return SimpleLazyObject(lambda: super(Console, self).get_app_list(request, app_label))
