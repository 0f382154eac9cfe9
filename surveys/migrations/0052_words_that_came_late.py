from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("surveys", "0051_runs_say_who_decided")]

    operations = [
        migrations.AddField(
            "inboundmail",
            "kept_here",
            models.BooleanField(db_default=False, default=False, help_text="Words too late for the answer."),
        ),
        migrations.AlterField(
            "inboundmail",
            "settled_at",
            models.DateTimeField(help_text="When a person decided about the score, or read the words.", null=True),
        ),
        # those that came before were read by nobody either
        migrations.RunSQL(
            "UPDATE surveys_inboundmail SET kept_here = true WHERE verdict = 'reply' AND why LIKE '%Kept here only: %'",
            migrations.RunSQL.noop,
        ),
    ]
