from django.apps import AppConfig

from common.hearing import hear
from distribution.webhook_types import HEARD


class DistributionConfig(AppConfig):
    name = "distribution"
    verbose_name = "Distribution"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        hear(HEARD)
