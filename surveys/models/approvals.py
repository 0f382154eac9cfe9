from __future__ import annotations

from django.conf import settings
from django.db import models

from surveys.models.programs import ProgramVersion

WROTE = "You drafted it yourself; somebody else must decide."
ASKED = "You asked for it yourself; somebody else must decide."


class Drafting(models.Model):
    """Who wrote what a draft says, beside `ProgramVersion.by` who began it: none of them can approve it."""

    version = models.ForeignKey(ProgramVersion, on_delete=models.CASCADE, related_name="draftings", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="When they first did.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "user"], name="one_drafting_per_person")]

    def __str__(self) -> str:
        return f"{self.user} wrote on {self.version}"


class Approval(models.Model):
    """A second person's word on a version that changes the metric: asked for by one, given or refused by another.

    It is about what the version said then (`fingerprint`), and void when the draft changes: decided, neither granted
    nor refused, by nobody.
    """

    version = models.ForeignKey(ProgramVersion, on_delete=models.CASCADE, related_name="approvals")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    note = models.TextField(blank=True, help_text="What changes, and why.")
    fingerprint = models.CharField(max_length=64, default="", editable=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    told_at = models.DateTimeField(null=True, editable=False)  # distribution has told the second persons

    class Meta:
        verbose_name = "approval of a version"
        verbose_name_plural = "approvals of versions"
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=models.Q(decided_at__isnull=True), name="one_open_request_per_version"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("requested_by")),
                name="approved_by_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return f"approval of {self.version}"

    @property
    def state(self) -> str:
        """In words."""
        if self.decided_at is None:
            return "waits"
        return {True: "granted", False: "refused", None: "void: the draft changed"}[self.granted]

    @property
    def barred(self) -> dict[int, str]:
        """Who cannot answer it, and why, in words to them."""
        version = self.version
        wrote = [version.by_id, *(drafting.user_id for drafting in version.draftings.all())]
        return {pk: WROTE for pk in wrote if pk} | {self.requested_by_id: ASKED}
