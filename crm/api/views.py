"""The resources of crm: units, employees, customers, interactions and the kinds of interaction."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import Pages, refuse_unknown_parameters
from common.api.views import PrivateView
from common.text import clean_line
from crm.api import serializers as rows
from crm.api.resources import PAGE, Collection, Offer, Single, documented, paged
from crm.models import (
    Absence,
    Account,
    AccountMember,
    Assignment,
    Customer,
    Employee,
    Interaction,
    InteractionKind,
    OrgUnit,
    Placement,
)
from crm.services import ingesting
from crm.shapes import AbsenceShape, AccountShape, CustomerShape, EmployeeShape, InteractionShape, UnitShape
from crm.sight import Principal


def units(principal: Principal, function: str | None) -> QuerySet[OrgUnit]:
    seen = OrgUnit.objects.visible_to(principal, function)
    today = Placement.objects.filter(
        hierarchy__is_primary=True, recorded__upper_inf=True, valid__contains=timezone.now().date(), parent__in=seen
    )
    return seen.select_related("calendar").prefetch_related(
        Prefetch("placements", queryset=today.select_related("parent"))
    )


def employees(principal: Principal, function: str | None) -> QuerySet[Employee]:
    held = Assignment.objects.filter(
        recorded__upper_inf=True,
        valid__contains=timezone.now().date(),
        unit__in=OrgUnit.objects.visible_to(principal, function),
    )
    seen = Employee.objects.visible_to(principal, function)
    return seen.prefetch_related(Prefetch("assignments", queryset=held.select_related("unit")))


def absences(principal: Principal, function: str | None) -> QuerySet[Absence]:
    return Absence.objects.visible_to(principal, function).select_related("employee", "deputy")


def customers(principal: Principal, function: str | None) -> QuerySet[Customer]:
    return _in_full(Customer.objects.visible_to(principal, function))


def customers_listed(principal: Principal, function: str | None) -> QuerySet[Customer]:
    return _in_full(Customer.objects.listed_to(principal, function))


def _in_full(seen: QuerySet[Customer]) -> QuerySet[Customer]:
    return seen.select_related("unit").prefetch_related("contact_points", "consents")


def accounts(principal: Principal, function: str | None) -> QuerySet[Account]:
    seen = Account.objects.visible_to(principal, function)
    theirs = Customer.objects.visible_to(principal, function).values("pk")
    members = AccountMember.objects.filter(customer__in=theirs).select_related("customer").order_by("pk")
    return seen.select_related("unit").prefetch_related(Prefetch("members", queryset=members))


def interactions(principal: Principal, function: str | None) -> QuerySet[Interaction]:
    return Interaction.objects.visible_to(principal, function).select_related("kind", "customer", "unit", "employee")


def interactions_listed(principal: Principal, function: str | None) -> QuerySet[Interaction]:
    return Interaction.objects.listed_to(principal, function).select_related("kind", "customer", "unit", "employee")


UNITS = Offer(
    name="units",
    scope="organization:write",
    function="crm.view_orgunit",
    rows=units,
    output=rows.UnitRow,
    shape=UnitShape,
    ingest=ingesting.ingest_units,
)
EMPLOYEES = Offer(
    name="employees",
    scope="organization:write",
    function="crm.view_employee",
    rows=employees,
    output=rows.EmployeeRow,
    shape=EmployeeShape,
    ingest=ingesting.ingest_employees,
)
ABSENCES = Offer(
    name="absences",
    scope="organization:write",
    function="crm.view_absence",
    rows=absences,
    output=rows.AbsenceRow,
    shape=AbsenceShape,
    ingest=ingesting.ingest_absences,
)
CUSTOMERS = Offer(
    name="customers",
    scope="customers:write",
    function="crm.view_customer",
    rows=customers,
    listed=customers_listed,
    output=rows.CustomerRow,
    shape=CustomerShape,
    ingest=ingesting.ingest_customers,
)
ACCOUNTS = Offer(
    name="accounts",
    scope="customers:write",
    function="crm.view_account",
    rows=accounts,
    output=rows.AccountRow,
    shape=AccountShape,
    ingest=ingesting.ingest_accounts,
)
INTERACTIONS = Offer(
    name="interactions",
    scope="interactions:write",
    function="crm.view_interaction",
    rows=interactions,
    listed=interactions_listed,
    output=rows.InteractionRow,
    shape=InteractionShape,
    ingest=ingesting.ingest_interactions,
)


@documented
class UnitList(Collection):
    """Units in sight of the key or the person."""

    offer = UNITS


@documented
class UnitDetail(Single):
    """Unit in sight of the key or the person."""

    offer = UNITS


@documented
class EmployeeList(Collection):
    """Employees in sight of the key or the person."""

    offer = EMPLOYEES


@documented
class EmployeeDetail(Single):
    """Employee in sight of the key or the person."""

    offer = EMPLOYEES


@documented
class AbsenceList(Collection):
    """Who is away, of the employees in sight of the key or the person."""

    offer = ABSENCES


@documented
class AbsenceDetail(Single):
    """One absence of an employee in sight."""

    offer = ABSENCES


@documented
class CustomerList(Collection):
    """Customers in sight of the key or the person."""

    offer = CUSTOMERS


@documented
class CustomerDetail(Single):
    """Customer in sight of the key or the person."""

    offer = CUSTOMERS


@documented
class AccountList(Collection):
    """Accounts, households and contracts in sight of the key or the person, with their members in sight."""

    offer = ACCOUNTS


@documented
class AccountDetail(Single):
    """Account in sight of the key or the person."""

    offer = ACCOUNTS


@documented
class InteractionList(Collection):
    """Interactions in sight of the key or the person."""

    offer = INTERACTIONS


@documented
class InteractionDetail(Single):
    """Interaction in sight of the key or the person."""

    offer = INTERACTIONS


class _Kinds(PrivateView):
    """Kinds of interaction and the attributes they declare: the same for the whole company."""

    scopes = {"GET": "interactions:write"}
    functions = {"GET": "crm.view_interaction"}


@extend_schema_view(
    get=extend_schema(
        operation_id="interaction_kinds_list",
        summary="List the kinds of interaction",
        parameters=PAGE,
        responses={200: paged(rows.InteractionKindRow)},
    )
)
class InteractionKindList(_Kinds):
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        pages = Pages()
        found = pages.paginate_queryset(InteractionKind.objects.all(), request, self)
        return pages.get_paginated_response(rows.InteractionKindRow(found, many=True).data)


@extend_schema_view(get=extend_schema(summary="Read one kind of interaction", responses={200: rows.InteractionKindRow}))
class InteractionKindDetail(_Kinds):
    def get(self, request: Request, code: str) -> Response:
        refuse_unknown_parameters(request)
        kind = InteractionKind.objects.filter(code=clean_line(code, limit=61)).first()
        if kind is None:
            raise Http404
        return Response(rows.InteractionKindRow(kind).data)
