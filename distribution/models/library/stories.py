from __future__ import annotations

from django.db import models
from django.db.models import Q

from closedloop.models import Initiative, Ticket
from crm.models import Employee
from distribution.models.library.entries import Entry, LibraryQuerySet


class StoryQuerySet(LibraryQuerySet["Story"]):
    pass


class Story(Entry):
    """How a customer was won back, or a change was made, told by whoever was there; a second person publishes it.
    `score_before` and `score_after`: what the customer gave before the ticket and after it, as known when it was told;
    `thanked`: the colleagues who may be named."""

    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="stories", editable=False)
    initiative = models.ForeignKey(
        Initiative, null=True, on_delete=models.PROTECT, related_name="stories", editable=False
    )
    score_before = models.SmallIntegerField(null=True, editable=False)
    score_after = models.SmallIntegerField(null=True, editable=False)
    thanked = models.ManyToManyField(Employee, blank=True, related_name="+")

    objects = StoryQuerySet.as_manager()  # type: ignore[assignment,misc]  # of its own rows

    class Meta:
        verbose_name_plural = "stories"
        constraints = [
            models.CheckConstraint(
                condition=Q(ticket=None) | Q(initiative=None), name="story_of_a_ticket_or_an_initiative"
            )
        ]
