"""Any stretch of words, read: what a customer wrote, what somebody noted of a call; and which topics are in it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from crm.models import Employee, OrgUnit
from crm.sight import VisibleByUnit
from surveys.models.responses import Response
from surveys.models.topics import Topic, TopicRule


class PassageQuerySet(VisibleByUnit["Passage"]):
    pass


class Passage(models.Model):
    """One stretch of words with what was told from it. Who reads it may see personal data hidden in `text`; the words
    as written stay where they were given (`kind`, `source_id`).

    `tsv` is computed when the passage is written, not generated: a column that names a text-search configuration could
    not be taken to PostgreSQL's next major version by pg_upgrade.
    """

    class Kind(models.TextChoices):
        ANSWER = "answer", "comment of a customer"
        ATTEMPT = "attempt", "note on a call"
        FINDING = "finding", "what was learned"
        CLOSURE = "closure", "how a ticket ended"
        REPLY = "reply", "what a customer wrote back"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    source_id = models.BigIntegerField(help_text="Id of the row that holds the words as written.")
    # of an answer the same row once more, so that lists of answers bring their passage along by a join
    response = models.OneToOneField(Response, null=True, on_delete=models.CASCADE, related_name="passage")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    said_at = models.DateTimeField()
    language = models.CharField(max_length=10, help_text="Of these words, ISO 639-1.")
    sentiment = models.FloatField(null=True, help_text="-1 to 1; null: not available in this language.")
    text = models.TextField(help_text="Personal data hidden.")
    tsv = SearchVectorField()
    read_at = models.DateTimeField()

    objects = PassageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source_id"], name="one_passage_per_source"),
            models.CheckConstraint(
                condition=Q(kind="answer", response=models.F("source_id")) | (~Q(kind="answer") & Q(response=None)),
                name="passage_of_an_answer_knows_it",
            ),
        ]
        indexes = [GinIndex(fields=["tsv"], name="passage_by_words")]  # rules and their preview

    def __str__(self) -> str:
        return f"{self.kind} {self.source_id}"


def topics_in(response: Response) -> list[str]:
    """Codes of the topics in an answer's words; without a query if it came `with_topics`."""
    passage = getattr(response, "passage", None)
    return sorted(hit.topic.code for hit in passage.topics.all() if not hit.removed) if passage else []


class PassageTopic(models.Model):
    """A topic is in a passage: a rule found it (`rule`, and its version of then), or a person said so (`by`).

    What a person said stays, whatever rules find later; `removed` is their word that the topic is not in it.
    """

    passage = models.ForeignKey(  # found by one_topic_per_passage
        Passage, on_delete=models.CASCADE, related_name="topics", db_index=False
    )
    # neither is ever deleted, and checking them would triple the time of coding a million passages
    topic = models.ForeignKey(
        Topic, on_delete=models.PROTECT, related_name="passages", db_index=False, db_constraint=False
    )
    rule = models.ForeignKey(
        TopicRule, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    rule_version = models.PositiveIntegerField(null=True)
    removed = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["passage", "topic"], name="one_topic_per_passage"),
            models.CheckConstraint(
                condition=Q(rule__isnull=True, rule_version__isnull=True)
                | Q(rule__isnull=False, rule_version__isnull=False, removed=False),
                name="found_by_rule_or_by_hand",
            ),
        ]
        indexes = [models.Index(fields=["topic", "passage"], name="passages_of_topic")]  # filters by topic, coding anew

    def __str__(self) -> str:
        return f"topic {self.topic_id} in passage {self.passage_id}"
