import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("surveys", "0039_who_is_to_be_reminded"),
    ]

    operations = [
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "said",
                    models.CharField(
                        choices=[
                            ("arrived", "it arrived"),
                            ("lost", "it did not arrive"),
                            ("again", "send it again"),
                            ("left", "leave it: it may have arrived"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "why",
                    models.CharField(blank=True, help_text="In the words of who decided.", max_length=300),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="settlements",
                        to="surveys.message",
                    ),
                ),
            ],
        ),
    ]
