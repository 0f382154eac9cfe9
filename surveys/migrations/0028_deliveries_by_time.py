import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("surveys", "0027_mail_that_comes_back"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="deliveryattempt",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["started_at"], name="delivery_by_time"
            ),
        ),
    ]
