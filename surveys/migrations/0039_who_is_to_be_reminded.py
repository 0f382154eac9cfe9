from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [("surveys", "0038_reminders")]

    operations = [
        AddIndexConcurrently(
            "contactledger",
            models.Index(
                condition=models.Q(remind_at__isnull=False), fields=["remind_at"], name="ledger_to_remind"
            ),
        ),
    ]
