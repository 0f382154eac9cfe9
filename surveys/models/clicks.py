from __future__ import annotations

from django.db import models
from django.db.models import Q

from surveys.models.invitations import Invitation, InvitationToken


class ProvisionalScore(models.Model):
    """A click on a score in a mail, of a program that keeps them: evidence of a page view, and nothing more. It is no
    answer, and nothing that counts answers reads it (docs/decisions/0009-a-click-is-evidence.md).

    Known when it is settled: `links`, how many different scores of the same mail were opened within seconds of it, and
    `automatic`, whether it was judged to be a machine's (`surveys.clicks`). The network is forgotten then.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CONFIRMED = "confirmed", "confirmed by an act of the customer"
        EXPIRED = "expired", "nobody stood for it"

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="clicks")
    # which mail; empty for one of another system (services/backfilling.py). Found by its invitation
    token = models.ForeignKey(
        InvitationToken, null=True, on_delete=models.CASCADE, related_name="clicks", db_index=False
    )
    score = models.SmallIntegerField()
    at = models.DateTimeField()
    agent = models.CharField(max_length=7)  # surveys.clicks.Agent
    network = models.CharField(max_length=16, blank=True)  # keyed hash
    ahead = models.BooleanField()  # prefetched
    head_before = models.BooleanField()  # the same link was asked for by HEAD
    since_hand_off = models.DurationField(null=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    settled_at = models.DateTimeField(null=True)
    links = models.PositiveSmallIntegerField(null=True)
    automatic = models.BooleanField(null=True)

    class Meta:
        indexes = [models.Index(fields=["at", "id"], name="click_open", condition=Q(state="open"))]  # to be settled

    def __str__(self) -> str:
        return f"{self.score} at {self.at:%Y-%m-%d %H:%M}, {self.state}"


class ClickTally(models.Model):
    """What is left of an invitation's settled clicks when their time is over: how many, and how many of them were
    judged automatic, which reports need. A click that comes later is settled and counted in as any other."""

    invitation = models.OneToOneField(
        Invitation, primary_key=True, on_delete=models.CASCADE, related_name="click_tally"
    )
    settled = models.PositiveIntegerField()
    automatic = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.settled} clicks, {self.automatic} of them automatic"
