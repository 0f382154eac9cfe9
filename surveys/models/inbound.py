"""Mail that came back to us, and what providers told us about mail that we sent."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, Q

from crm.models import Customer, OrgUnit
from crm.roles import SUBTREE_ROLES, roles_with
from crm.sight import Principal, VisibleByUnit, held_at_the_top, units_of
from surveys.models.invitations import Invitation
from surveys.models.messages import Message


class InboundMailQuerySet(VisibleByUnit["InboundMail"]):
    unit_path = "invitation__unit"
    employee_path = "invitation__employee"

    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """As the invitations they are about; what is about none is seen by who sees the whole company."""
        seen = super().visible_to(principal, function)
        if units_of(principal, function) is None:
            return seen
        roles = SUBTREE_ROLES if function is None else SUBTREE_ROLES & roles_with(function)
        everywhere = Exists(held_at_the_top(principal).filter(role__in=roles))
        return seen | self.filter(everywhere, invitation=None)

    def listed_to(self, principal: Principal, function: str | None = None) -> Self:
        return self.visible_to(principal, function)

    def suggesting(self) -> Self:
        """Replies whose number waits for a person's word."""
        return self.filter(suggested_score__isnull=False, settled_at=None)

    def unheard(self) -> Self:
        """Words that came too late for the answer and that nobody has read."""
        return self.filter(kept_here=True, settled_at=None)

    def waiting(self, at: datetime) -> Self:
        """Not judged yet, and to be looked at by now."""
        return self.filter(judged_at=None, due_at__lte=at)


class InboundMail(models.Model):
    """A mail that came back to us, or a notice of a provider: stored before anything is done with it.

    `raw` is its beginning (settings.INBOUND_MAX_BYTES), emptied after settings.INBOUND_KEPT_DAYS; `size` is of all that
    arrived. `key` makes it unique: the same mail read twice is one row. `text` is what a person wrote, without what was
    quoted; `suggested_score` a number at its beginning, which counts for nothing until a person confirms it;
    `kept_here`: the answer could not be changed any more, so the words stand nowhere else.
    """

    class Form(models.TextChoices):
        MAIL = "mail"
        NOTICE = "notice", "notice of a provider"

    class Verdict(models.TextChoices):
        BOUNCE = "bounce", "bounce: nobody is reached there"
        SOFT_BOUNCE = "soft_bounce", "bounce for now"
        DELAYED = "delayed", "notice of delay: it is still on its way"
        REFUSED = "refused", "refused for another reason than the address"
        COMPLAINT = "complaint"
        REPLY = "reply", "reply of a person"
        UNSUBSCRIBE = "unsubscribe", "wish not to be asked"
        AUTO_REPLY = "auto_reply", "answer by machine"
        CHALLENGE = "challenge", "asks whether we are human"
        BULK = "bulk", "bulk mail"
        FORGED = "forged", "not signed by us: no effect"
        UNKNOWN = "unknown", "about nothing that we sent"
        UNCLEAR = "unclear", "not understood"

    key = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=20, help_text="Mailbox, pipe, or the provider.")
    form = models.CharField(max_length=6, choices=Form.choices, default=Form.MAIL)
    recipient = models.CharField(max_length=254, blank=True, help_text="Whom the envelope named, if it was told.")
    raw = models.BinaryField(default=bytes)
    size = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="When it is looked at: later, if it is about a message not yet stored.")
    judged_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=12, choices=Verdict.choices, blank=True)
    why = models.CharField(max_length=300, blank=True, help_text="What was found and done.")
    status = models.CharField(max_length=12, blank=True, help_text="Enhanced status code (RFC 3463).")
    invitation = models.ForeignKey(Invitation, null=True, on_delete=models.PROTECT, related_name="inbound")
    message = models.ForeignKey(  # found through its invitation
        Message, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    address_hash = models.CharField(max_length=64, blank=True, help_text="Of the address that was written to.")
    text = models.TextField(blank=True)
    suggested_score = models.SmallIntegerField(null=True)
    kept_here = models.BooleanField(default=False, db_default=False, help_text="Words too late for the answer.")
    settled_at = models.DateTimeField(null=True, help_text="When a person decided about the score, or read the words.")
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    objects = InboundMailQuerySet.as_manager()

    class Meta:
        verbose_name = "mail that came back"
        verbose_name_plural = "mail that came back"
        indexes = [
            models.Index(fields=["id"], name="inbound_unjudged", condition=Q(judged_at__isnull=True)),
            models.Index(fields=["-received_at"], name="inbound_by_time"),  # the list, and what is forgotten
            models.Index(  # bounces for now of one address
                fields=["address_hash", "judged_at"], name="inbound_soft", condition=Q(verdict="soft_bounce")
            ),
            models.Index(  # what waits for a person
                fields=["id"], name="inbound_suggests",
                condition=Q(suggested_score__isnull=False, settled_at__isnull=True),
            ),
            models.Index(  # the same, for what nobody has read
                fields=["id"], name="inbound_unheard", condition=Q(kept_here=True, settled_at__isnull=True)
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_verdict_display() or 'not looked at yet'}, {self.received_at:%Y-%m-%d %H:%M}"

    # of whom it is, for what is hidden in its words
    @property
    def customer(self) -> Customer | None:
        return self.invitation.customer if self.invitation else None

    @property
    def customer_id(self) -> int | None:
        return self.invitation.customer_id if self.invitation else None

    @property
    def unit(self) -> OrgUnit | None:
        return self.invitation.unit if self.invitation else None
