from django.db import migrations, models

import surveys.models.programs


class Migration(migrations.Migration):
    dependencies = [("surveys", "0035_clicks_kept")]

    operations = [
        migrations.AddField(
            "programversion",
            "questions",
            models.JSONField(default=list, db_default=[], blank=True, help_text="Asked after score and reason."),
        ),
        migrations.AddField(  # rewrites the table: a row for each version of a program
            "programversion",
            "series",
            models.GeneratedField(
                db_persist=True,
                expression=surveys.models.programs.Series(),
                output_field=models.CharField(max_length=32),
            ),
        ),
        migrations.AddField("response", "may_forward", models.BooleanField(null=True)),
        migrations.AddField("response", "further", models.JSONField(null=True)),
        migrations.AddField("response", "ended_at", models.DateTimeField(editable=False, null=True)),
    ]
