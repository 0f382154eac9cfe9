"""What a key's scopes and a person's functions open. A route that names none is closed."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from crm.models import ApiKey


class HasScope(BasePermission):
    """Reads two attributes of the view, by method: `scopes = {"GET": "scores:read"}` (or several, of which one is
    enough) for keys and
    `functions = {"GET": "analytics.view_scores"}` for people signed in. Deny by default; visible_to says which rows."""

    message = "This is not open to you: the key lacks the scope, or your role does not include this."

    def has_permission(self, request: Request, view: Any) -> bool:
        known = request.auth is not None or request.user.is_authenticated
        if known and not hasattr(view, str(request.method).lower()):
            return True  # there is no such method: the view says 405, and which there are
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else request.method
        if isinstance(request.auth, ApiKey):
            needed = getattr(view, "scopes", {}).get(method, ())
            return not set(request.auth.scopes).isdisjoint({needed} if isinstance(needed, str) else needed)
        function = getattr(view, "functions", {}).get(method)
        return bool(function and request.user.is_authenticated and request.user.has_perm(function))
