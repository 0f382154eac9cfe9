import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("surveys", "0044_click_tallies")]

    operations = [
        AddIndexConcurrently(
            model_name="linkvisit",
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=["at"], name="visit_by_time"),
        ),
    ]
