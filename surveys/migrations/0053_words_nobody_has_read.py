from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("surveys", "0052_words_that_came_late")]

    operations = [
        AddIndexConcurrently(
            "inboundmail",
            models.Index(
                fields=["id"],
                name="inbound_unheard",
                condition=models.Q(("kept_here", True), ("settled_at__isnull", True)),
            ),
        ),
    ]
