"""What customers said. Nobody edits an answer; which topics are in it, an analyst may say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import Truncator

from common.console import ReadOnly, ReadOnlyInline
from common.exports import Table
from common.long_lists import TimeRange
from common.panelled import PanelledAdmin
from crm.searching import HELP, of_customer
from surveys.models import Answer, PassageTopic, ProgramVersion, Response, Topic
from surveys.models.passages import topics_in
from surveys.questionnaire.questions import questions_of
from surveys.services.classifying.owning import RAW
from surveys.services.classifying.tagging import set_topic

TAGS = "surveys.change_passagetopic"


class TopicFilter(admin.SimpleListFilter):
    """Answers whose words have the topic."""

    title, parameter_name = "topic", "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Topic.objects.filter(active=True).values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Response]) -> QuerySet[Response]:
        if not (code := self.value()):
            return queryset
        hits = PassageTopic.objects.filter(passage__response=OuterRef("pk"), topic__code=code, removed=False)
        return queryset.filter(Exists(hits))


class AnswersInline(ReadOnlyInline):
    model = Answer
    fields = ("revision", "question", "given", "at")
    ordering = ("revision", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what tells which of them are words."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("response__version")

    @admin.display(description="value")
    def given(self, answer: Answer) -> str:
        """Words stand above; here they would show what is hidden there."""
        hidden = answer.question == "comment" or answer.question in answer.response.in_own_words
        return "words" if hidden and answer.value else str(answer.value)


def _said(value: Any) -> str:
    if value is None:
        return "skipped"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _cells(response: Response, codes: Sequence[str]) -> list[Any]:
    """As everybody sees them; empty where it was not asked. Numbers stay numbers."""
    shown = response.answers_shown
    return [_cell(shown[code]) if code in shown else "" for code in codes]


def _cell(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else _said(value)


@admin.register(Response)
class ResponseAdmin(ReadOnly, PanelledAdmin):
    page = "answer"
    grows = True
    list_display = (
        "answered_at", "program", "unit", "employee", "score", "category", "said", "topics", "channel", "status",
    )  # fmt: skip
    list_select_related = ("program", "unit", "employee", "customer", "passage")
    list_filter = ("category", TopicFilter, "program", "unit", "status", ("answered_at", TimeRange))
    search_fields = (*of_customer(), "external_id__exact")
    search_help_text = f"{HELP}, or the external id of the answer"
    ordering = ("-id",)
    inlines = (AnswersInline,)
    change_form_outer_after_template = "admin/surveys/response_topics.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        raw = ("comment",) if request.user.has_perm(RAW) else ()
        return (
            "program", "version", "customer", "interaction", "unit", "employee", "product", "channel", "language",
            "score", "scale_min", "scale_max", "category", "shown", *raw, "comment_truncated", "read_as", "tone",
            "topics", "further_answers", "callback", "callback_phone", "callback_time", "may_quote", "may_forward",
            "attributes", "status", "revision", "answered_at", "updated_at", "completed_at", "ended_at",
            "source", "external_id", "load",
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        found: QuerySet[Any] = rows.with_topics()
        return found

    def table(self, request: HttpRequest, queryset: QuerySet[Any]) -> Table:
        return super().table(request, queryset.select_related("version"))

    def beside(self, queryset: QuerySet[Any]) -> tuple[list[str], Callable[[Any], list[Any]]]:
        """A column for each further question of the versions that the rows answer, under its code."""
        rows = Response.objects.filter(pk__in=queryset.values("pk"), further__isnull=False)
        stored = (
            ProgramVersion.objects.filter(pk__in=rows.values("version"))
            .order_by("pk")
            .values_list("questions", flat=True)
        )
        codes = list(dict.fromkeys(question.code for asked in stored for question in questions_of(asked)))
        return [f"answer: {code}" for code in codes], lambda row: _cells(row, codes)

    @admin.display(description="comment")
    def said(self, response: Response) -> str:
        return Truncator(response.words).chars(80)

    @admin.display(description="in the customer's words")
    def shown(self, response: Response) -> str:
        return response.words

    @admin.display(description="further answers")
    def further_answers(self, response: Response) -> str:
        """Question and answer; what was skipped says so."""
        lines = response.answers_shown.items()
        return "; ".join(f"{code}: {_said(value)}" for code, value in lines)

    @admin.display(description="topics")
    def topics(self, response: Response) -> str:
        return ", ".join(topics_in(response))

    @admin.display(description="language of the words")
    def read_as(self, response: Response) -> str:
        passage = getattr(response, "passage", None)
        return passage.language if passage else ""

    @admin.display(description="tone of the words, -1 to 1")
    def tone(self, response: Response) -> str:
        passage = getattr(response, "passage", None)
        if passage is None:
            return ""
        return "not available in this language" if passage.sentiment is None else f"{passage.sentiment:+.2f}"

    # --- topics by hand ------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = path("<int:pk>/topic/", self.admin_site.admin_view(self.topic_view), name="surveys_response_topic")
        return [own, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        response: Response = self.row(request, object_id, action="view")
        passage = getattr(response, "passage", None)
        page: dict[str, Any] = {"passage": passage, "hits": [], "choices": []}
        if passage and request.user.has_perm(TAGS):
            page["hits"] = passage.topics.select_related("topic", "by").order_by("topic__name")
            page["choices"] = Topic.objects.filter(active=True)
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def topic_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say by hand that a topic is in the words, or is not."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        response: Response = self.row(request, str(pk), action="view")
        passage, chosen = getattr(response, "passage", None), request.POST.get("topic", "")
        topic = Topic.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 18 else None
        if passage is None or not self.allows(request, TAGS, response):
            raise Http404
        if topic is None:
            self.message_user(request, "Choose a topic.", messages.ERROR)
        else:
            by: Any = request.user
            present = request.POST.get("present") == "yes"
            set_topic(passage=passage, topic=topic, present=present, by=by, at=timezone.now())
            self.message_user(request, f"{topic}: kept as you say, whatever rules find.")
        return redirect("admin:surveys_response_change", response.pk)
