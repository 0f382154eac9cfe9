import django.contrib.postgres.operations
from django.db import migrations, models


class Migration(migrations.Migration):
    """Alerts that are due are found past thousands of digests."""

    atomic = False

    dependencies = [("distribution", "0026_news")]

    operations = [
        django.contrib.postgres.operations.AddIndexConcurrently(
            model_name="dispatch",
            index=models.Index(
                condition=models.Q(("kind", "alert"), ("state", "pending")),
                fields=["due_at", "id"],
                name="dispatch_alerts_due",
            ),
        ),
    ]
