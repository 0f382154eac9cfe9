from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person who signs in. What they see and may do follows from their assignments (`crm.sight`), not from here."""

    language = models.CharField(max_length=10, blank=True, help_text="Empty: the browser's language.")

    class Meta(AbstractUser.Meta):
        verbose_name = "person who signs in"
        verbose_name_plural = "people who sign in"
