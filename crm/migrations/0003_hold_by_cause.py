from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Closing a ticket looks for the holds that it caused; without an index that is every hold in force."""

    atomic = False  # made beside the running house

    dependencies = [("crm", "0002_leaner_indexes")]

    operations = [
        AddIndexConcurrently(
            model_name="hold",
            index=models.Index(
                condition=models.Q(released_at__isnull=True), fields=["cause"], name="hold_by_cause"
            ),
        ),
    ]
