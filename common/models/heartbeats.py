from django.db import models


class Heartbeat(models.Model):
    """When a part of the machine last proved that it moves; the supervisor and /healthz read it."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
