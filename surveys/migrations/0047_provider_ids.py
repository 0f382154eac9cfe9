from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("surveys", "0046_notes_of_dispositions")]

    operations = [
        migrations.AddField(
            "deliveryattempt", "provider_id", models.CharField(blank=True, db_default="", max_length=200)
        ),
        AddIndexConcurrently(
            "deliveryattempt",
            models.Index(
                fields=["provider_id"],
                name="delivery_by_provider",
                condition=models.Q(("provider_id", ""), _negated=True),
            ),
        ),
    ]
