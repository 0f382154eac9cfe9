from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0037_answers_that_wait")]

    operations = [
        migrations.AddField("response", "worded", models.BooleanField(editable=False, null=True)),
    ]
