from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

import surveys.models.programs


def days(default):
    return ArrayField(
        base_field=models.PositiveSmallIntegerField(),
        blank=True,
        default=default,
        help_text="Days after the question on which who has not answered is reminded; at most two, empty: never.",
        size=None,
    )


class Migration(migrations.Migration):

    dependencies = [("surveys", "0037_answers_that_wait")]

    operations = [
        # versions from before remind nobody: what was published does not change
        migrations.AddField("programversion", "reminder_days", days(list)),
        migrations.AlterField("programversion", "reminder_days", days(surveys.models.programs.one_reminder)),
        migrations.AddField("contactledger", "remind_at", models.DateTimeField(null=True)),
        migrations.AddField("contactledger", "reminded_before_at", models.DateTimeField(null=True)),
        migrations.AddField("mailhour", "reminders", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.AlterField(
            "message",
            "kind",
            models.CharField(
                choices=[("ask", "Ask"), ("reminder", "Reminder"), ("reminder_2", "second reminder")],
                default="ask",
                max_length=10,
            ),
        ),
    ]
