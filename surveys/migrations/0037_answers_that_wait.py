from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("surveys", "0036_questionnaires")]

    operations = [
        AddIndexConcurrently(
            "response",
            models.Index(
                fields=["updated_at"],
                name="response_unended",
                condition=models.Q(status="partial", ended_at__isnull=True),
            ),
        ),
    ]
