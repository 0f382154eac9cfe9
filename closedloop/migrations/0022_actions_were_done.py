"""What was written down before there were limits was done when it was written down."""

from django.db import migrations, models


def done_then(apps, schema_editor):
    apps.get_model("closedloop", "Action").objects.filter(done_at=None).update(done_at=models.F("at"))


class Migration(migrations.Migration):

    dependencies = [
        ('closedloop', '0021_authority_and_promises'),
    ]

    operations = [
        # backwards there is nothing to undo: the column goes
        migrations.RunPython(done_then, migrations.RunPython.noop),
    ]
