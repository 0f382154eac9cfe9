import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0042_words_unread")]

    operations = [
        migrations.CreateModel(
            name="ClickTally",
            fields=[
                (
                    "invitation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="click_tally",
                        serialize=False,
                        to="surveys.invitation",
                    ),
                ),
                ("settled", models.PositiveIntegerField()),
                ("automatic", models.PositiveIntegerField()),
            ],
        ),
    ]
