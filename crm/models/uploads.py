from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import models

from common.models import Load
from crm.models.sources import Source


class UploadQuerySet(models.QuerySet["Upload"]):
    def wanted(self) -> UploadQuerySet:
        """Asked for and not done."""
        return self.filter(done_at=None, removed_at=None).exclude(wanted="")

    def open(self) -> UploadQuerySet:
        """Of which something may be asked: not in hand, not loaded, still here."""
        idle = models.Q(wanted="") | models.Q(done_at__isnull=False)
        loaded = models.Q(wanted=Upload.Wanted.LOAD, failure="")
        return self.filter(idle, ~loaded, removed_at=None)


class Upload(models.Model):
    """A file that somebody gave us in the console, and what is to become of it.

    `wanted` says what was asked for last: to try it (everything judged, nothing written) or to load it. A worker does
    it as long as `done_at` is empty, however often the task is delivered: the row is the truth, and whoever works on it
    holds a lock of the database session, which ends with the worker. `trial` and `load` tell what came of it.
    """

    class Wanted(models.TextChoices):
        NOTHING = "", "to be understood"
        TRY = "try", "to be tried"
        LOAD = "load", "to be loaded"

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, help_text="The system that the file comes from.")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField(help_text="Bytes.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    columns = models.JSONField(default=dict)
    answers = models.JSONField(
        default=dict, help_text="To what the kind wants to know besides, such as control totals."
    )
    whole = models.BooleanField(default=True, help_text="The first lines, which a try takes, are all of it.")
    encoding = models.CharField(max_length=20, default="utf-8")
    wanted = models.CharField(max_length=4, choices=Wanted.choices, default=Wanted.NOTHING, blank=True)
    wanted_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)
    trial = models.ForeignKey(Load, null=True, on_delete=models.SET_NULL, related_name="+")
    load = models.ForeignKey(Load, null=True, on_delete=models.SET_NULL, related_name="+")
    removed_at = models.DateTimeField(null=True, help_text="When the file itself was removed.")

    objects = UploadQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(  # the worker's look for work
                fields=["wanted_at"], name="upload_wanted", condition=models.Q(done_at=None) & ~models.Q(wanted="")
            ),
            models.Index(  # forgetting
                fields=["at"], name="upload_kept", condition=models.Q(removed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.kind} from {self.source}"

    @property
    def folder(self) -> Path:
        return Path(settings.UPLOADS) / str(self.public_id)

    @property
    def path(self) -> Path:
        """Where the file lies while it is kept; not under any address of the web server."""
        return self.folder / self.name

    @property
    def first_lines(self) -> Path:
        """A file with the first lines of it: what the page shows and a try takes."""
        return self.folder / "first" / self.name

    @property
    def busy(self) -> bool:
        """Asked for and not done."""
        return bool(self.wanted) and self.done_at is None

    @property
    def result(self) -> Load | None:
        """Of what was asked for last."""
        return self.load if self.wanted == self.Wanted.LOAD else self.trial
