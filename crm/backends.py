"""Functions held as Django permissions: what a role gives (`crm.roles`), asked of today's assignments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import QuerySet

from crm.roles import FUNCTIONS
from crm.sight import assignments_of, held_at_the_top


class RoleBackend(BaseBackend):
    """Answers `user.has_perm(...)` from the roles a person holds today; never signs anybody in."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Without `obj`: somewhere. With a model as `obj`, whose rows the whole company shares: everywhere."""
        if obj is None:
            return perm in self.get_all_permissions(user_obj)
        return perm in self._functions(user_obj, "_top_functions", held_at_the_top)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self._functions(user_obj, "_role_functions", assignments_of)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions(user_obj))

    def _functions(self, user_obj: Any, kept: str, assignments: Callable[[Any], QuerySet[Any]]) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous:
            return set()
        if not hasattr(user_obj, kept):  # once a request: a console page asks for every model it might show
            roles = set(assignments(user_obj).values_list("role", flat=True))
            setattr(user_obj, kept, {function for role in roles for function in FUNCTIONS.get(role, ())})
        found: set[str] = getattr(user_obj, kept)
        return found
