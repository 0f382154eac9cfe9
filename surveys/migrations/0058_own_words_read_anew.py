"""Answers in own words are read once more, by the worker: what is hidden in them is kept with the row from now on."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("surveys", "0057_own_words_hidden")]

    operations = [
        migrations.RunSQL(
            "UPDATE surveys_response SET classified_at = NULL WHERE worded AND classified_at IS NOT NULL",
            migrations.RunSQL.noop,
        ),
    ]
