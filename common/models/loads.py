from datetime import timedelta

from django.conf import settings
from django.db import models

OUTCOMES = {
    "received": "rows",
    "created": "new",
    "updated": "corrected",
    "unchanged": "known already",
    "stale": "out of order",
    "rejected": "rejected",
    "late": "of the new ones late",
}


class Load(models.Model):
    """One arrival of many rows (a file, an API list): where from, how many, what became of them.

    Rows that came in by it carry its id; it leaves one Event. `counts` adds up: received = created + updated +
    unchanged + stale + rejected. In the words of events: created is new (`late`, beside the sum: how many of those
    happened long before they arrived), updated is corrected, unchanged is a duplicate, stale came out of order.

    A file is taken in a stretch a transaction, together with `done` and `lines`: one that was cut short goes on there.
    """

    kind = models.CharField(max_length=40)  # "responses", "interactions", ...
    source = models.CharField(max_length=60)
    name = models.CharField(max_length=200, blank=True)  # of the file
    digest = models.CharField(max_length=64, blank=True)  # sha256 of the file
    options = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)
    dry_run = models.BooleanField(default=False)  # everything was judged, nothing written
    size = models.BigIntegerField(default=0)  # bytes of the file
    done = models.BigIntegerField(default=0)  # bytes of it that are in
    lines = models.BigIntegerField(default=0)  # lines of it that are in, its header among them

    class Meta:
        indexes = [models.Index(fields=["kind", "-started_at"], name="load_by_kind")]  # the list in the console

    def __str__(self) -> str:
        return f"{self.kind} from {self.source}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def outcome(self) -> list[tuple[int, str]]:
        """What became of the rows, in words: [(5, "new"), ...]; what did not happen is left out."""
        told = {**OUTCOMES, "received": "row" if self.counts.get("received") == 1 else OUTCOMES["received"]}
        return [(self.counts[name], said) for name, said in told.items() if self.counts.get(name)]

    @property
    def took(self) -> timedelta | None:
        """How long a file took; None while it lasts, and for what came in one call."""
        return self.finished_at - self.started_at if self.size and self.finished_at else None

    @property
    def percent(self) -> int:
        """How much of the file is in; 100 when it is finished."""
        return 100 if self.finished_at or not self.size else min(99, 100 * self.done // self.size)
