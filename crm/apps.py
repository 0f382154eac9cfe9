from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "Customers and organization"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        autodiscover_modules("file_kinds")  # every app may bring kinds of files: crm.services.loading.kinds
