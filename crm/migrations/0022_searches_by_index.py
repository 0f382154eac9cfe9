from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [("crm", "0021_feeds_with_totals")]

    operations = [
        AddIndexConcurrently("hold", models.Index(fields=["cause"], name="hold_by_any_cause")),
        RemoveIndexConcurrently("hold", "hold_by_cause"),
        AddIndexConcurrently(
            "account",
            models.Index(fields=["name"], name="account_by_beginning", opclasses=["varchar_pattern_ops"]),
        ),
        RemoveIndexConcurrently("account", "account_by_name"),
    ]
