from django.db import migrations, models


class Migration(migrations.Migration):
    """When a row was due before it was put off: how long mails wait is told from then on."""

    dependencies = [
        ("distribution", "0006_dispatches_given_up"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="first_due_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
