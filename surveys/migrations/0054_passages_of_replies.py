from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("surveys", "0053_words_nobody_has_read")]

    operations = [
        migrations.AlterField(
            "passage",
            "kind",
            models.CharField(
                choices=[
                    ("answer", "comment of a customer"),
                    ("attempt", "note on a call"),
                    ("finding", "what was learned"),
                    ("closure", "how a ticket ended"),
                    ("reply", "what a customer wrote back"),
                ],
                max_length=10,
            ),
        ),
    ]
