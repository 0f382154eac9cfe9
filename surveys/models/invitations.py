from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Collection
from datetime import datetime

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from crm.models import Channel, Customer, Employee, Interaction, OrgUnit
from crm.sight import VisibleByUnit
from surveys.models.ledger import ContactLedger
from surveys.models.programs import Program, ProgramVersion
from surveys.models.turns import Turn


class InvitationQuerySet(VisibleByUnit["Invitation"]):
    pass


class Invitation(models.Model):
    """One customer asked about one occasion, with the packet frozen at the decision: who, what happened, with whom.

    `packet`: {"customer": {"given_name", "language"}, "interaction": {"kind", "occurred_at", "product", "channel",
    "attributes"}, "unit": {"name"}, "employee": {"name"}}. Attribution of the answer is copied from here, never looked
    up later.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # `program` and `unit` have no index of their own: those below begin with them
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="invitations", db_index=False)
    version = models.ForeignKey(ProgramVersion, on_delete=models.PROTECT)
    interaction = models.ForeignKey(Interaction, null=True, on_delete=models.PROTECT, related_name="invitations")
    turn = models.ForeignKey(Turn, null=True, on_delete=models.PROTECT, related_name="invitations", db_index=False)
    contact = models.OneToOneField(ContactLedger, null=True, on_delete=models.PROTECT, related_name="invitation")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invitations")  # canonical
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    language = models.CharField(max_length=10)
    packet = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "interaction"], name="one_invitation_per_interaction"),
            models.UniqueConstraint(
                fields=["turn"], condition=models.Q(turn__isnull=False), name="one_invitation_per_turn"
            ),
        ]
        indexes = [models.Index(fields=["unit", "-created_at"], name="invitation_of_unit")]  # response rate, lists

    def __str__(self) -> str:
        return f"invitation {self.public_id}"


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class InvitationToken(models.Model):
    """A way in for the holder of a link: 192 random bits, of which only the hash is kept. Each hand-off issues its own,
    since the token itself is nowhere to be read back; all of an invitation's tokens stay good until it expires."""

    class Purpose(models.TextChoices):
        SURVEY = "survey"
        UNSUBSCRIBE = "unsubscribe"  # good for nothing else: it travels in mail headers

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="tokens")
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.purpose} token of invitation {self.invitation_id}"

    @classmethod
    def issue(cls, invitation: Invitation, purpose: str, *, at: datetime) -> str:
        return cls.issue_each(invitation, [purpose], at=at)[0]

    @staticmethod
    def issue_each(invitation: Invitation, purposes: Collection[str], *, at: datetime) -> list[str]:
        """A token for each of `purposes`, stored in one statement."""
        tokens = [secrets.token_urlsafe(24) for _ in purposes]
        InvitationToken.objects.bulk_create(
            InvitationToken(invitation=invitation, purpose=purpose, hash=token_hash(token), issued_at=at)
            for purpose, token in zip(purposes, tokens, strict=True)
        )
        return tokens


class LinkVisit(models.Model):
    """A GET or HEAD of a link: all that it ever leaves. Scanners are told from people by these later on."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="visits")
    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    score = models.SmallIntegerField(null=True)  # preselected by the link, never recorded as an answer
    user_agent = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [BrinIndex(fields=["at"], name="visit_by_time", autosummarize=True)]  # to be forgotten

    def __str__(self) -> str:
        return f"{self.method} at {self.at:%Y-%m-%d %H:%M}"
