"""A topic's own page: its rules, what each would find while it is written, and how far the coding is."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone

from common.console import ScopedAdmin, ScopedInline
from surveys.admin.topics.forms import TopicRuleForm, placed
from surveys.models import Topic, TopicRule
from surveys.services.classifying.coding import last_passage
from surveys.services.classifying.editing import drop_rule, set_rule, switch_topic
from surveys.services.classifying.previewing import preview
from surveys.words.rules import LONGEST, WrongRule

SEES = "surveys.view_response"


class RulesInline(ScopedInline):
    model = TopicRule
    form = TopicRuleForm
    fields = ("language", "expression")
    tab = False
    can_delete = False
    extra = 0
    verbose_name = "rule"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("surveys.change_topic")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("surveys.change_topic")


@admin.register(Topic)
class TopicAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "code", "languages", "active", "coded")
    list_filter = ("active",)
    search_fields = ("name", "code")
    fields = ("name", "code", "description", "active")
    inlines = (RulesInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rules = TopicRule.objects.exclude(expression="").order_by("language")
        return super().get_queryset(request).prefetch_related(Prefetch("rules", rules, to_attr="written"))

    @admin.display(description="rules in")
    def languages(self, topic: Any) -> str:
        return ", ".join(rule.language for rule in topic.written)

    @admin.display(description="what was said before")
    def coded(self, topic: Any) -> str:
        waiting = [rule for rule in topic.written if rule.coded_version != rule.version]
        return f"being coded by {len(waiting)} edited rules" if waiting else "coded"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        topic = self.row(request, object_id, action="view")
        for words in _progress(topic) if request.method == "GET" else ():
            self.message_user(request, words)
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "active" in form.changed_data:
            switch_topic(topic=obj, active=obj.active, by=_person(request), at=timezone.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        about: dict[str, Any] = {"by": _person(request), "at": timezone.now()}
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.forms:
            said = row.cleaned_data if row.has_changed() else {}
            if said.get("expression"):
                rule = set_rule(topic=form.instance, language=said["language"], expression=said["expression"], **about)
                formset.changed_objects.append((rule, row.changed_data))
            elif said and row.instance.pk:
                drop_rule(rule=row.instance, **about)

    # --- what a rule would find ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = path("preview/", self.admin_site.admin_view(self.preview_view), name="surveys_topic_preview")
        return [own, *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """POST {expression, language}: {"wrong": {...}} or {"html": ...}."""
        if request.method != "POST" or not request.user.has_perm("surveys.view_topic"):
            return JsonResponse({"wrong": {"message": "Not to be had here.", "position": 0}}, status=403)
        expression = " ".join(request.POST.get("expression", "")[: LONGEST + 1].replace("\0", " ").split())
        language = request.POST.get("language", "en")[:10]
        if not expression:
            return JsonResponse({"html": ""})
        try:
            found = preview(expression, language=language, principal=request.user, function=SEES)
        except WrongRule as wrong:
            return JsonResponse({"wrong": {"message": placed(wrong, expression), "position": wrong.position}})
        return JsonResponse({"html": render_to_string("admin/surveys/topic_preview.html", {"found": found})})


def _progress(topic: Topic) -> list[str]:
    """How far what was said before is coded by each rule that was edited."""
    waiting = list(topic.rules.to_be_coded())
    last = last_passage() if waiting else 0
    return [
        f"The rule for {rule.language} was edited: {rule.coded_upto / last if last else 1:.0%} of what was said before"
        " is coded by it. New answers follow it already."
        for rule in waiting
    ]


def _person(request: HttpRequest) -> Any:
    return request.user
