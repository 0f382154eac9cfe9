import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    """Valid for new rows at once; the old ones, all of merges, are looked through beside the running house. The way back
    needs that nobody has put two tickets together: such a row has no merge."""

    atomic = False

    dependencies = [
        ("closedloop", "0033_open_tickets_by_index_alone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("ticketjoin", "why", models.CharField(blank=True, db_default="", default="", max_length=300)),
        migrations.AddField(
            "ticketjoin",
            "by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "ticketjoin",
            "merge",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.merge"
            ),
        ),
        AddConstraintNotValid(
            "ticketjoin",
            models.CheckConstraint(
                condition=models.Q(("merge__isnull", False), models.Q(("why", ""), _negated=True), _connector="OR"),
                name="joined_by_a_merge_or_for_a_reason",
            ),
        ),
        ValidateConstraint("ticketjoin", "joined_by_a_merge_or_for_a_reason"),
    ]
