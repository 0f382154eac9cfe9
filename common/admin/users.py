"""People who sign in. Only the operator (superuser) sees or changes them; what they may do follows from assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from common.console import ScopedAdmin
from common.models import User

admin.site.unregister(Group)  # functions come from roles (crm.roles), never from groups

if TYPE_CHECKING:

    class Passwords: ...

else:
    Passwords = DjangoUserAdmin


@admin.register(User)
class UserAdmin(Passwords, ScopedAdmin):
    """Passwords are set through Django's own forms, which hash them and hold the rules."""

    company_wide = True
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = (
        "username",
        "first_name",
        "last_name",
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login",
    )
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "language")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "usable_password", "password1", "password2")}),)

    def _may(self, request: HttpRequest, action: str, obj: Any = None) -> bool:
        return bool(getattr(request.user, "is_superuser", False) and request.user.is_active)
