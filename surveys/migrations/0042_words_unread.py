from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("surveys", "0041_worded_answers")]

    operations = [
        AddIndexConcurrently(
            "response",
            models.Index(
                fields=["id"],
                name="response_words_unread",
                condition=models.Q(("classified_at", None), ("comment", ""), ("worded", True)),
            ),
        ),
    ]
