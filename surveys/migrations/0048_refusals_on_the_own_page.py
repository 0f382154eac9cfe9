from django.db import migrations, models


class Migration(migrations.Migration):
    """Only which words the code may write: nothing in the database changes."""

    dependencies = [("surveys", "0047_provider_ids")]

    operations = [
        migrations.AlterField(
            "refusal",
            "how",
            models.CharField(
                choices=[
                    ("link", "by the link of the mail"),
                    ("mail", "by mail"),
                    ("complaint", "by a complaint to the provider"),
                    ("own_page", "on their own page"),
                ],
                max_length=9,
            ),
        )
    ]
