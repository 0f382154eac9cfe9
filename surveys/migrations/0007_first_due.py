from django.db import migrations, models


class Migration(migrations.Migration):
    """When a row was due before it was put off: how long mails wait is told from then on."""

    dependencies = [
        ("surveys", "0006_responses_by_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="first_due_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
