from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from crm.models import Employee
from distribution.models.library.entries import Entry, LibraryQuerySet


class NoticeQuerySet(LibraryQuerySet["PolicyNotice"]):
    pass


class PolicyNotice(Entry):
    """What holds in the company from a day on: `words` of an entry, for its audience. What it replaces is shown no
    longer once it holds. `must_read`: whoever it is for says that they have read it."""

    valid_from = models.DateField(help_text="The first day on which it holds.")
    valid_until = models.DateField(null=True, blank=True, help_text="The last day. Empty: until it is replaced.")
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by",
        help_text="The earlier notice that no longer holds from then on.",
    )  # fmt: skip
    must_read = models.BooleanField(
        default=False, help_text="Everybody whom it is for is to say that they have read it."
    )

    objects = NoticeQuerySet.as_manager()  # type: ignore[assignment,misc]  # of its own rows

    class Meta:
        verbose_name = "policy notice"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="notice_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=Q(replaces=None) | ~Q(replaces=F("entry_ptr")), name="notice_of_another"),
        ]


class Acknowledgement(models.Model):
    """Somebody said that they have read a notice."""

    notice = models.ForeignKey(  # found by one_acknowledgement_per_person
        PolicyNotice, on_delete=models.CASCADE, related_name="acknowledgements", db_index=False
    )
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "employee"], name="one_acknowledgement_per_person")]

    def __str__(self) -> str:
        return f"notice {self.notice_id} read by employee {self.employee_id}"
