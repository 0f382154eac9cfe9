"""Changing topics and their rules: each change is a version, and what was said so far is coded anew."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from common.models import Event, User
from common.queue import enqueue
from surveys.models import Topic, TopicRule
from surveys.services.classifying.tagging import keep_readers_out
from surveys.words.indexing import configuration
from surveys.words.rules import WrongRule, query_of

CODE = "surveys.tasks.code"
_COMPILE = "SELECT q::text, numnode(q) FROM to_tsquery(%s::regconfig, %s) AS q"


def compiled(expression: str, *, language: str) -> str:
    """The rule as PostgreSQL's query, words as stems of the language. Raises WrongRule."""
    query = query_of(expression)
    with connection.cursor() as cursor:
        cursor.execute(_COMPILE, [configuration(language), query])
        text, nodes = cursor.fetchone()
    if not nodes:
        raise WrongRule("No word is left to look for.", 0)
    return str(text)


@transaction.atomic
def set_rule(*, topic: Topic, language: str, expression: str, by: User | None, at: datetime) -> TopicRule:
    """Have the topic recognized so in `language` (ISO 639-1); the same rule again changes nothing. Raises WrongRule."""
    query = compiled(expression, language=language) if topic.active else ""
    keep_readers_out()
    rule, _new = TopicRule.objects.get_or_create(topic=topic, language=language, defaults={"changed_at": at})
    rule = TopicRule.objects.select_for_update().get(pk=rule.pk)
    if (rule.expression, rule.query) != (expression, query):
        _edit(rule, expression, query, by=by, at=at)
    return rule


@transaction.atomic
def drop_rule(*, rule: TopicRule, by: User | None, at: datetime) -> None:
    """The topic is not recognized in this language any more; the rule stays in the history, empty."""
    keep_readers_out()
    rule = TopicRule.objects.select_for_update().get(pk=rule.pk)
    if rule.query or rule.expression:
        _edit(rule, "", "", by=by, at=at)


@transaction.atomic
def switch_topic(*, topic: Topic, active: bool, by: User | None, at: datetime) -> None:
    """Off, its rules find nothing any more; on, they find again. What people said by hand stays."""
    keep_readers_out()
    topic.active = active
    topic.save(update_fields=["active"])
    for rule in topic.rules.select_for_update().order_by("pk"):
        query = compiled(rule.expression, language=rule.language) if active and rule.expression else ""
        if query != rule.query:
            _edit(rule, rule.expression, query, by=by, at=at)


def _edit(rule: TopicRule, expression: str, query: str, *, by: User | None, at: datetime) -> None:
    rule.expression, rule.query, rule.changed_at = expression, query, at
    rule.version, rule.coded_upto = rule.version + 1, 0
    rule.save(update_fields=["expression", "query", "version", "changed_at", "coded_upto"])
    Event.objects.record("topic_rule.changed", subject=rule, by=by, at=at, topic=rule.topic_id, version=rule.version)
    enqueue(CODE)
