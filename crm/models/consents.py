"""What a customer allows and refuses: the latest word that counts, and every word that was ever said."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models

from crm.models.customers import Channel, Customer


class Purpose(models.TextChoices):
    SURVEY = "survey", "being asked"
    CALLBACK = "callback", "being called back"
    QUOTE = "quote", "being quoted"
    FORWARD = "forward", "words forwarded"


class Origin(models.TextChoices):
    """How a word on consent reached us."""

    FORM = "form", "web form"
    CALL = "call", "telephone call"
    VISIT = "visit", "in person"
    LETTER = "letter"
    SURVEY = "survey", "survey page"
    OWN_PAGE = "own_page", "the customer's own page"
    MAIL = "mail", "link in a mail"
    CONSOLE = "console"
    IMPORT = "import", "sent by a source"


@pghistory.track()
class Consent(models.Model):
    """The latest word of a customer on a channel for a purpose; every word stands in `ConsentWord`."""

    customer = models.ForeignKey(  # found by one_consent_per_channel_purpose
        Customer, on_delete=models.CASCADE, related_name="consents", db_index=False
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    granted = models.BooleanField()
    at = models.DateTimeField()
    evidence = models.CharField(max_length=300, blank=True, help_text="Where and how it was said.")

    class Meta:
        verbose_name_plural = "consent"
        constraints = [
            models.UniqueConstraint(fields=["customer", "channel", "purpose"], name="one_consent_per_channel_purpose")
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} by {self.channel}: {'yes' if self.granted else 'no'}"


class ConsentWordQuerySet(models.QuerySet["ConsentWord"]):
    def said_by(self, at: datetime) -> Self:
        """What had been said up to `at`, whenever we came to know of it."""
        return self.filter(at__lte=at)

    def known_at(self, at: datetime) -> Self:
        """What we knew at `at`."""
        return self.filter(recorded_at__lte=at)


class ConsentWord(models.Model):
    """One word on consent with its evidence, as it was said; never changed. A word that came late, older than the
    latest, stands here too. The same word of the same moment stands once, however often it is sent."""

    customer = models.ForeignKey(  # found by one_word_per_moment
        Customer, on_delete=models.CASCADE, related_name="consent_words", db_index=False
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    granted = models.BooleanField()
    at = models.DateTimeField(help_text="When it was said.")
    recorded_at = models.DateTimeField(help_text="When we came to know.")
    origin = models.CharField(max_length=8, choices=Origin.choices, blank=True, help_text="How it reached us.")
    wording = models.CharField(max_length=60, blank=True, help_text="Version of the words the customer agreed to.")
    source = models.CharField(max_length=60, blank=True, help_text="The system that told us; empty: our own pages.")
    taken_by = models.CharField(max_length=120, blank=True, help_text="Who took it, as the source names them.")
    by = models.ForeignKey(  # who took it here
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    evidence = models.CharField(max_length=300, blank=True)

    objects = ConsentWordQuerySet.as_manager()

    class Meta:
        verbose_name = "word on consent"
        verbose_name_plural = "words on consent"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel", "purpose", "at", "granted"], name="one_word_per_moment"
            )
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} by {self.channel}: {'yes' if self.granted else 'no'}"
