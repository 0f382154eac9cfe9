from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [("closedloop", "0032_replies_to_be_read")]

    operations = [
        AddIndexConcurrently(
            "ticket",
            models.Index(
                fields=["unit", "due_at"],
                include=["owner", "priority", "id"],
                name="ticket_open",
                condition=models.Q(("is_open", True)),
            ),
        ),
        RemoveIndexConcurrently("ticket", "ticket_worklist"),
    ]
