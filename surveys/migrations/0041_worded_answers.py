from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0040_settlements")]

    operations = [
        migrations.AddField("response", "worded", models.BooleanField(editable=False, null=True)),
    ]
