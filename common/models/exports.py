from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models

KEPT = timedelta(days=7)


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, principal: Any, function: str | None = None) -> Self:
        """One's own alone: what is in it was chosen from one's own sight."""
        return self.filter(by_id=getattr(principal, "pk", None))


class Export(models.Model):
    """Rows of a list that somebody wants as a file, too many to wait for: asked for now, made by a worker as the person
    who asked, fetched by that person alone, and forgotten after KEPT."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel (XLSX)"

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=80)  # "crm.customer": whose list in the console
    query = models.TextField(blank=True, editable=False)  # the list's filters; emptied when the file is made
    format = models.CharField(max_length=4, choices=Format.choices)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)  # hand-over mark of the worker
    rows = models.PositiveIntegerField(null=True)
    size = models.BigIntegerField(null=True)  # bytes
    failure = models.CharField(max_length=200, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="export_unmade", condition=models.Q(made_at__isnull=True)),
            models.Index(fields=["asked_at"], name="export_by_time"),  # what is old enough to be forgotten
        ]

    def __str__(self) -> str:
        return f"{self.model} as {self.get_format_display()}, {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_ready(self) -> bool:
        return self.made_at is not None and not self.failure

    @property
    def file_name(self) -> str:
        return f"{self.model.partition('.')[2]}-{self.asked_at:%Y-%m-%d}.{self.format}"


class ExportPart(models.Model):
    """A stretch of the file. Kept in the database: whichever machine made it, any can hand it out."""

    export = models.ForeignKey(  # found by one_part_per_number
        Export, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="one_part_per_number")]

    def __str__(self) -> str:
        return f"part {self.number} of export {self.export_id}"
