from django.apps import AppConfig


class ClosedLoopConfig(AppConfig):
    name = "closedloop"
    verbose_name = "Closed loop"
    default_auto_field = "django.db.models.BigAutoField"
