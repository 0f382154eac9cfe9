from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [("surveys", "0055_decision_tallies")]

    operations = [
        AddIndexConcurrently(
            "response",
            models.Index(
                fields=["external_id"],
                name="response_by_external_id",
                condition=models.Q(("external_id", ""), _negated=True),
            ),
        ),
    ]
