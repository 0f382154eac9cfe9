from django.conf import settings
from django.db import models


class Load(models.Model):
    """One arrival of many rows (a file, an API list): where from, how many, what became of them.

    Rows that came in by it carry its id; it leaves one Event. `counts` adds up: received = created + updated +
    unchanged + rejected.
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

    class Meta:
        indexes = [models.Index(fields=["kind", "-started_at"], name="load_by_kind")]  # the list in the console

    def __str__(self) -> str:
        return f"{self.kind} from {self.source}, {self.started_at:%Y-%m-%d %H:%M}"
