"""What is asked, of whom and in which words: programs and their versions, to read."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import Pages, refuse_unknown_parameters
from common.api.views import PrivateView
from common.text import clean_line
from crm.api.principal import principal_of
from crm.api.resources import PAGE, paged
from crm.sight import sees_every_unit
from surveys.api.program_rows import MailRow, ProgramRow, VersionRow
from surveys.models import Program, ProgramVersion
from surveys.services.reminding.counting import mail_of


class _Programs(PrivateView):
    """The same for the whole company: what a program does is no secret of a unit. The seed of its lot is."""

    scopes = {"GET": "programs:read"}
    functions = {"GET": "surveys.view_program"}

    def named(self, code: str) -> Program:
        found = known().filter(code=clean_line(code, limit=61)).first()
        if found is None:
            raise Http404
        return found


def known() -> QuerySet[Program]:
    published = Q(versions__published_at__isnull=False)
    return Program.objects.annotate(in_force=Max("versions__number", filter=published)).select_related("owner")


@extend_schema_view(
    get=extend_schema(
        operation_id="programs_list",
        summary="List programs",
        parameters=PAGE,
        responses={200: paged(ProgramRow)},
    )
)
class ProgramList(_Programs):
    """Programs of the company, switched on or not, with the number of the version in force."""

    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        pages = Pages()
        return pages.get_paginated_response(ProgramRow(pages.paginate_queryset(known(), request, self), many=True).data)


@extend_schema_view(get=extend_schema(summary="Read one program", responses={200: ProgramRow}))
class ProgramDetail(_Programs):
    """A program, by its code."""

    def get(self, request: Request, code: str) -> Response:
        refuse_unknown_parameters(request)
        return Response(ProgramRow(self.named(code)).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="program_versions_list",
        summary="List the versions of a program",
        parameters=PAGE,
        responses={200: paged(VersionRow)},
    )
)
class VersionList(_Programs):
    """All versions of a program, the first one first: what each said, and since when it was in force. A published
    version never changes."""

    functions = {"GET": "surveys.view_programversion"}

    def get(self, request: Request, code: str) -> Response:
        refuse_unknown_parameters(request)
        program: Any = self.named(code)
        versions = ProgramVersion.objects.filter(program=program).select_related("interaction_kind", "ends_with")
        pages = Pages()
        found = pages.paginate_queryset(versions, request, self)
        told = VersionRow(found, many=True, context={"in_force": program.in_force})
        return pages.get_paginated_response(told.data)


@extend_schema_view(
    get=extend_schema(
        operation_id="program_mail_retrieve", summary="Read how a program's mail fared", responses={200: MailRow}
    )
)
class ProgramMail(_Programs):
    """How many mails of the program went out in the last 30 days, how many of them were reminders, and how many bounced
    or drew a complaint. Figures of the whole company: keys of a part of it do not find them."""

    functions = {"GET": "surveys.view_brake"}

    def get(self, request: Request, code: str) -> Response:
        refuse_unknown_parameters(request)
        if not sees_every_unit(principal_of(request), self.functions["GET"]):
            raise Http404
        return Response(MailRow(mail_of(self.named(code), at=timezone.now())).data)
