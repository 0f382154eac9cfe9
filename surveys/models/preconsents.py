from __future__ import annotations

from django.db import models


class PreConsent(models.Model):
    """What a caller said to the machine before anybody served them: may we ask you afterwards?

    `call`: the id under which the source will send the interaction. The first word stands: it was said before anybody
    knew how the call would end, and nobody who served it has seen it.
    """

    source = models.CharField(max_length=60)
    call = models.CharField(max_length=120)
    granted = models.BooleanField()
    asked_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "call"], name="one_pre_consent_per_call")]

    def __str__(self) -> str:
        return f"pre-consent to {self.source} {self.call}"
