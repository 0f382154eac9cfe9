import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("closedloop", "0034_joined_by_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "observation",
            "by",
            models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "customersignal",
            "kind",
            models.CharField(
                choices=[
                    ("answer", "answer"),
                    ("speech", "call heard"),
                    ("failure", "operational failure"),
                    ("silence", "no answer"),
                    ("case", "case of another system"),
                    ("told", "told to somebody"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            "observation",
            "kind",
            models.CharField(
                choices=[
                    ("speech", "call heard by speech analytics"),
                    ("failure", "operational failure"),
                    ("case", "case of another system"),
                    ("told", "told to somebody"),
                ],
                max_length=12,
            ),
        ),
    ]
