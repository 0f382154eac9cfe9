from django.db import migrations, models


class Migration(migrations.Migration):
    """The words of a rule; nothing changes in the database."""

    dependencies = [
        ("crm", "0019_skills_and_absences"),
    ]

    operations = [
        migrations.AlterField(
            model_name="silence",
            name="rule",
            field=models.CharField(
                choices=[
                    ("interval", "nothing for longer than declared"),
                    ("volume", "far less than usual"),
                    ("gap", "nothing for longer than usual"),
                ],
                max_length=8,
            ),
        ),
    ]
