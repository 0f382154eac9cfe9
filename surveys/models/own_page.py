"""What customers say on their own page that no other row holds."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from crm.models import Customer


class LanguageWish(models.Model):
    """In which language a person wants to be asked; the last word of any of their rows counts, and no load from a
    source changes it."""

    customer = models.ForeignKey(  # found by last_wish_of_customer
        Customer, on_delete=models.CASCADE, related_name="language_wishes", db_index=False
    )
    language = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer", "-at"], name="last_wish_of_customer")]

    def __str__(self) -> str:
        return f"{self.language} for customer {self.customer_id}"


class OwnLinksEnded(models.Model):
    """Every link to the customer's own page that was handed out until then is void. `by` nobody: the customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="own_links_ended")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = "end of a customer's links"
        verbose_name_plural = "ends of customers' links"

    def __str__(self) -> str:
        return f"links of customer {self.customer_id} ended"
