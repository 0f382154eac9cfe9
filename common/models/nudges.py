from django.db import models


class Nudge(models.Model):
    """A reminder that is on its way to a worker. While it is, nobody needs to send the same again."""

    task = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.task
