from django.db import migrations, models


class Migration(migrations.Migration):
    """The words of a rule; nothing changes in the database."""

    dependencies = [("crm", "0022_searches_by_index")]

    operations = [
        migrations.AlterField(
            model_name="silence",
            name="rule",
            field=models.CharField(
                choices=[
                    ("interval", "nothing for longer than declared"),
                    ("volume", "far less than usual"),
                    ("gap", "nothing for longer than usual"),
                    ("refused", "all that came was refused"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="silence",
            name="since",
            field=models.DateTimeField(
                help_text="When the last rows came, or the day began that brought too little, or nothing but refused"
                " rows."
            ),
        ),
    ]
