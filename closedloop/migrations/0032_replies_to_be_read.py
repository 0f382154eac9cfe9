from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is made beside the running house

    dependencies = [("closedloop", "0031_tellings")]

    operations = [
        migrations.AddField("customerreply", "classified_at", models.DateTimeField(editable=False, null=True)),
        AddIndexConcurrently(
            "customerreply",
            models.Index(
                fields=["id"],
                name="reply_unread",
                condition=models.Q(("classified_at__isnull", True), models.Q(("text", ""), _negated=True)),
            ),
        ),
    ]
