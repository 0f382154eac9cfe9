"""Functions held as Django permissions: what a role gives (`crm.roles`), asked of today's assignments."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from crm.roles import FUNCTIONS
from crm.sight import assignments_of


class RoleBackend(BaseBackend):
    """Answers `user.has_perm(...)` from the roles a person holds today; never signs anybody in."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return user_obj.is_active and perm in self.get_all_permissions(user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous:
            return set()
        if not hasattr(
            user_obj, "_role_functions"
        ):  # once a request: a console page asks for every model it might show
            roles = set(assignments_of(user_obj).values_list("role", flat=True))
            user_obj._role_functions = {function for role in roles for function in FUNCTIONS.get(role, ())}
        functions: set[str] = user_obj._role_functions
        return functions

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions(user_obj))
