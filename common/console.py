"""The console's ground: every admin of every app stands on `ScopedAdmin`, which shows and allows only what is in sight.

Sight is never decided here: a model's manager has `visible_to(user, function)`; a model without one says through which
relation it is seen (`scope_through = "customer"`) or that the whole company shares it (`company_wide = True`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_permission_codename
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, PermissionDenied
from django.db.models import CharField, Field, ForeignKey, ManyToManyField, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.contrib.filters.admin import RelatedDropdownFilter

from common.console_exports import ExportedRows
from common.long_lists import CappedPaginator, CountedList, LongList, LongPaginator, RecentValues, found_by_index
from common.models import Event
from common.selects import QuickDropdown
from common.trail import trail_of

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Any]
else:
    from unfold.admin import ModelAdmin as Admin
    from unfold.admin import TabularInline as Inline


def rows_in_sight(
    rows: QuerySet[Any], request: HttpRequest, site: admin.AdminSite, function: str | None
) -> QuerySet[Any]:
    """The rows of any model that the person may choose or see: its admin's sight, else its manager's, else none."""
    owner = site._registry.get(rows.model)
    if isinstance(owner, ScopedAdmin):
        return owner.in_sight(rows, request, function)
    if hasattr(rows, "visible_to"):
        return _seen(rows, request, function, listed=False)
    return rows if getattr(request.user, "is_superuser", False) else rows.none()


def _seen(rows: Any, request: HttpRequest, function: str | None, *, listed: bool) -> QuerySet[Any]:
    """What the person sees of `rows`; for a list asked in the way that suits lists, where the model knows one."""
    ask: Any = getattr(rows, "listed_to", rows.visible_to) if listed else rows.visible_to
    seen: QuerySet[Any] = ask(request.user, function)
    return seen


class ScopedFilter(RelatedDropdownFilter):
    """A filter by a related row offers only rows in sight."""

    form_class = QuickDropdown

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        related = rows_in_sight(field.remote_field.model._default_manager.all(), request, model_admin.admin_site, None)
        ordering = self.field_admin_ordering(field, request, model_admin)
        return [(row.pk, str(row)) for row in related.order_by(*ordering)]


class ScopedChoices:
    """Forms offer and accept only related rows in sight, for the very function the form is about."""

    admin_site: admin.AdminSite
    opts: Any

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", self._choices(db_field, request))
        above: Any = super()
        return above.formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", self._choices(db_field, request))
        above: Any = super()
        return above.formfield_for_manytomany(db_field, request, **kwargs)

    def _choices(self, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        adding = request.resolver_match is not None and (request.resolver_match.url_name or "").endswith("_add")
        function = f"{self.opts.app_label}.{get_permission_codename('add' if adding else 'change', self.opts)}"
        related = db_field.remote_field.model._default_manager.all()
        return rows_in_sight(related, request, self.admin_site, function)


def _is_key(said: Any) -> bool:
    return not isinstance(said, str) or (said.isascii() and said.isdigit() and len(said) <= 18)


class ScopedAdmin(ScopedChoices, ExportedRows, Admin):
    """Shows the rows the person may see, offers what they may do there, answers 404 to everything else.

    `view_function` and the like name a permission where it is not Django's own ("analytics.view_scores"). Nothing can
    be deleted unless `deletable`. Lists count no further than COUNTED rows and export what they show (`ExportedRows`).
    """

    scope_through: str | None = None  # relation(s) to the row whose sight decides: "customer", "invitation"
    company_wide = False  # configuration that has no place in the organization
    counts_all = False  # its figures are of the whole company: read by those alone who have the function everywhere
    deletable = False
    view_function: str | None = None
    add_function: str | None = None
    change_function: str | None = None
    delete_function: str | None = None
    grows = False  # a table of millions in the end: see common.long_lists

    list_after_template = "admin/console/taking_out.html"
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count per choice is a query per filter
    list_filter_submit = True
    warn_unsaved_form = True
    paginator = CappedPaginator

    def __init__(self, model: type[Any], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        seen = hasattr(model._default_manager, "visible_to") or self.scope_through or self.company_wide
        if not seen:
            raise ImproperlyConfigured(f"{type(self).__name__}: who may see it? Set scope_through or company_wide.")
        self.actions = (*(self.actions or ()), "export_csv", "export_xlsx")
        if self.raw_id_fields:
            raise ImproperlyConfigured(
                f"{type(self).__name__}: raw ids show names out of sight; use autocomplete_fields."
            )

    # --- sight ---------------------------------------------------------------------------------------------------

    def function(self, action: str) -> str:
        """Name of the permission for `action` (view, add, change, delete)."""
        named: str | None = getattr(self, f"{action}_function")
        return named or f"{self.opts.app_label}.{get_permission_codename(action, self.opts)}"

    def in_sight(
        self, rows: QuerySet[Any], request: HttpRequest, function: str | None, *, listed: bool = False
    ) -> QuerySet[Any]:
        """`rows` cut to what the person may see (with `function`: may do that to); `listed`: for a list of them."""
        if getattr(request.user, "is_superuser", False):
            return rows
        if self.company_wide:
            return rows if function is None or self._everywhere(request, function) else rows.none()
        if self.scope_through is None:
            return _seen(rows, request, function, listed=listed)
        related = _seen(self._related_model()._default_manager.all(), request, function, listed=listed)
        return rows.filter(**{f"{self.scope_through}__in": related.values("pk")})

    def _related_model(self) -> type[Model]:
        model: type[Model] = self.model
        for step in (self.scope_through or "").split("__"):
            relation: Any = model._meta.get_field(step)
            model = relation.related_model
        return model

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.in_sight(super().get_queryset(request), request, self.function("view"), listed=True)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address proposes for a new row; `?unit=x` names no row and is passed over."""
        proposed = super().get_changeform_initial_data(request)
        related = {field.name for field in self.opts.get_fields() if field.is_relation}
        return {name: said for name, said in proposed.items() if name not in related or _is_key(said)}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """An empty `_to_field` names no field; Django looks for one of that name."""
        return super().get_object(request, object_id, from_field or None)

    def row(self, request: HttpRequest, object_id: str, *, action: str = "change") -> Any:
        """The row an action is about: 404 out of sight, 403 in sight but not theirs to act on."""
        found = self.get_object(request, unquote(str(object_id)))
        if found is None:
            raise Http404
        if not self._may(request, action, found):
            raise PermissionDenied
        return found

    # --- permissions ---------------------------------------------------------------------------------------------

    def _everywhere(self, request: HttpRequest, function: str) -> bool:
        """What the whole company shares may be read by whoever has the function somewhere, and changed only by those
        who have it everywhere: asked with the model in place of an object, since it belongs to no unit."""
        read_anywhere = function == self.function("view") and not self.counts_all
        if not self.company_wide or read_anywhere:
            return True
        shared: Any = self.model
        return request.user.has_perm(function, shared)

    def _may(self, request: HttpRequest, action: str, obj: Any = None) -> bool:
        function = self.function(action)
        return self._everywhere(request, function) and self.allows(request, function, obj)

    def allows(self, request: HttpRequest, function: str, obj: Any = None) -> bool:
        """Has the person the function, with `obj`: for that row?"""
        if obj is None or not request.user.has_perm(function):
            return request.user.has_perm(function)
        pk = obj.pk if isinstance(obj, Model) else unquote(str(obj))  # unfold asks with ids
        try:
            return self.in_sight(self.model._default_manager.filter(pk=pk), request, function).exists()
        except (ValueError, TypeError):
            return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and self._may(request, "delete", obj)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404(f"no such {opts.verbose_name}")

    # --- lists ---------------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LongList if self.grows else CountedList

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any) -> Any:
        paginator = LongPaginator if self.grows else self.paginator
        return paginator(queryset, per_page, *args, **kwargs)

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return () if self.grows else super().get_sortable_by(request)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not self.grows or not search_term.strip():
            return super().get_search_results(request, queryset, search_term)
        return found_by_index(queryset, list(self.get_search_fields(request)), search_term), False

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [self._scoped_filter(item) for item in super().get_list_filter(request)]

    def _scoped_filter(self, item: Any) -> Any:
        if not isinstance(item, str):
            return item
        try:
            field: Field[Any, Any] = self.opts.get_field(item)
        except FieldDoesNotExist:
            return item
        if isinstance(field, ForeignKey | ManyToManyField):
            return item, ScopedFilter
        return (item, RecentValues) if self.grows and isinstance(field, CharField) and not field.choices else item

    # --- the trail -----------------------------------------------------------------------------------------------

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What happened to the row: its Events and the versions of its fields."""
        subject = self.row(request, object_id, action="view")
        context = {
            **self.admin_site.each_context(request),
            "title": f"What happened: {subject}",
            "entries": trail_of(subject),
            "object": subject,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/console/trail.html", context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return self._record("console.added", request, obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        fields = [name for part in message if "changed" in part for name in part["changed"].get("fields", [])]
        return self._record("console.changed", request, obj, fields=fields)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return [self._record("console.deleted", request, row) for row in queryset]

    def _record(self, what: str, request: HttpRequest, subject: Any, **data: Any) -> Event:
        by: Any = request.user
        return Event.objects.record(what, subject=subject, by=by, **data)


class ReadOnly:
    """Nothing can be added, changed or deleted, by nobody."""

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, ScopedAdmin):
    """Rows that only the machine writes, or that only verbs change."""


class ScopedInline(ScopedChoices, Inline):
    """Rows of the row on the page, edited with it by whoever may change that; choices as scoped as everywhere.

    `view_function`: by which they are seen here, where that is not the function for their own page.
    """

    extra = 0
    show_change_link = False
    tab = True
    view_function: str | None = None
    _shown: bool | None = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows that have a page of their own are seen here by whoever has the function for it, for the row on the
        page. Others belong to the page, which has been refused to whoever may not see it."""
        if self._shown is None:  # an inline is made for one page, which asks several times
            self._shown = self._may_show(request, obj)
        return self._shown

    def _may_show(self, request: HttpRequest, obj: Any) -> bool:
        registered = self.admin_site._registry
        owner, page = registered.get(self.model), registered.get(self.parent_model)
        if not (isinstance(owner, ScopedAdmin) and isinstance(page, ScopedAdmin)):
            return True
        function = self.view_function or owner.function("view")
        decided = page.company_wide or function == page.function("view")
        return page.allows(request, function, None if decided else obj)


class ReadOnlyInline(ReadOnly, ScopedInline):
    """Rows of the row on the page, to read: fields that no form can hold included, and without a choice to load."""

    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return tuple(self.fields or self.readonly_fields)
