import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("distribution", "0015_one_dispatch_per_telling"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="read_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="carrier",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="carried",
                to="distribution.dispatch",
            ),
        ),
    ]
