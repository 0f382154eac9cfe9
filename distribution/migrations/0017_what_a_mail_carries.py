from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ("distribution", "0016_alerts_in_one_mail"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="dispatch",
            index=models.Index(
                condition=models.Q(("carrier__isnull", False)), fields=["carrier"], name="dispatch_carried"
            ),
        ),
    ]
