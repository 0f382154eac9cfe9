"""What the customer hears of it, and what they write back."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.postgres.search import TrigramSimilarity
from django.db import models
from django.db.models import Q

from common.models import Outgoing
from common.models.outgoing import OutgoingQuerySet
from crm.models import ContactPoint, Customer
from surveys.words.masking import mask

LAST = 200  # letters of a unit that a new one is held against
ALIKE = Decimal("0.700")  # from here on two letters are nearly the same


class Likeness(NamedTuple):
    """An earlier letter, and how like it a new one is: 0 to 1 by groups of three letters (pg_trgm)."""

    letter: Letter
    share: Decimal


class LetterQuerySet(OutgoingQuerySet["Letter"]):
    def nearest_to(self, text: str, *, unit: int, customer: int | None) -> Likeness | None:
        """Of the unit's last letters to other people the one most like the text; None without any."""
        others = self.filter(ticket__unit=unit).exclude(ticket__customer=customer)
        last = others.order_by("-pk").values("pk")[:LAST]
        rows = self.filter(pk__in=last).annotate(share=TrigramSimilarity("text", text))
        found: Any = rows.select_related("ticket").order_by("-share", "-pk").first()
        return Likeness(found, Decimal(str(found.share)).quantize(Decimal("0.001"))) if found else None

    def to_person(self, customer: Customer) -> LetterQuerySet:
        """Letters to the person, whichever of their merged rows a ticket stands on."""
        return self.filter(ticket__customer__in=Customer.objects.of_person(customer).values("pk"))


class Letter(Outgoing):
    """What was done, told to the customer in somebody's own words; the frame around them speaks the customer's
    language. `nearest` and `likeness`: the unit's earlier letter that it is most like, written down with it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ticket = models.ForeignKey("closedloop.Ticket", on_delete=models.PROTECT, related_name="letters")
    text = models.TextField()
    language = models.CharField(max_length=10)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    contact_point = models.ForeignKey(
        ContactPoint, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    nearest = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    likeness = models.DecimalField(max_digits=4, decimal_places=3, null=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], name="letter_due", condition=Q(state="pending")),
            models.Index(fields=["leased_until"], name="letter_in_flight", condition=Q(state="sending")),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk} of ticket {self.ticket_id}"

    @property
    def words(self) -> str:
        """The text as everybody sees it: personal data of whom it was written to is hidden."""
        return mask(self.text, self.ticket.own)

    @property
    def is_canned(self) -> bool:
        """Nearly the same was written to somebody else."""
        return self.likeness is not None and self.likeness >= ALIKE


class CustomerReply(models.Model):
    """What the customer wrote back, on the ticket where it was taken up."""

    ticket = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="replies")
    letter = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="replies")
    text = models.TextField()
    at = models.DateTimeField()
    classified_at = models.DateTimeField(null=True, editable=False)  # the words were read (services/noting.py)

    class Meta:
        verbose_name_plural = "customer replies"
        indexes = [
            models.Index(fields=["id"], name="reply_unread", condition=Q(classified_at__isnull=True) & ~Q(text=""))
        ]

    def __str__(self) -> str:
        return f"reply on ticket {self.ticket_id}"

    @property
    def words(self) -> str:
        """The text as everybody sees it: personal data of who wrote it is hidden."""
        return mask(self.text, self.ticket.own)
