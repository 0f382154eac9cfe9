import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0043_names_of_lists")]

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
