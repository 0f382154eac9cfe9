"""What people talk about, in the analysts' own list, and how it is recognized."""

from __future__ import annotations

from typing import Self

import pghistory
from django.db import models
from django.db.models import F, Q


@pghistory.track()
class Topic(models.Model):
    """Something customers talk about: "waiting on the phone". Switched off it is in nothing any more, but what was
    said by hand is kept."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True, help_text="What belongs to it, and what does not.")
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TopicRuleQuerySet(models.QuerySet["TopicRule"]):
    def to_be_coded(self) -> Self:
        """Rules whose hits in what was said so far are those of an older version."""
        return self.exclude(coded_version=F("version"))


@pghistory.track(exclude=["coded_version", "coded_upto", "coded_at"])  # how far the coding is, is no edit
class TopicRule(models.Model):
    """How one topic is recognized in one language; each edit is a version.

    `query` is the rule for PostgreSQL (tsquery as text), empty where the topic is switched off. What was said so far is
    coded anew after an edit (`coded_version`, `coded_upto`: id of the last passage that the newest version has seen).
    """

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="rules", db_index=False)
    language = models.CharField(max_length=10, help_text="ISO 639-1: en, fr.")
    expression = models.TextField("rule", max_length=2_000)
    query = models.TextField(editable=False, default="", blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    changed_at = models.DateTimeField(editable=False)
    coded_version = models.PositiveIntegerField(default=0, editable=False)
    coded_upto = models.BigIntegerField(default=0, editable=False)
    coded_at = models.DateTimeField(null=True, editable=False)

    objects = TopicRuleQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "language"], name="one_rule_per_topic_and_language")]
        indexes = [  # what is still to be coded
            models.Index(fields=["id"], name="rule_to_be_coded", condition=~Q(coded_version=F("version")))
        ]

    def __str__(self) -> str:
        return f"{self.topic} ({self.language})"
