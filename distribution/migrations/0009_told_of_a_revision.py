import django.db.models.deletion
from django.db import migrations, models

# what a mail of old told of: the newest revision on its side; of several mails to one person about it, the first
FILL = """
UPDATE distribution_dispatch SET signal_id = told.signal FROM (
    SELECT DISTINCT ON (dispatch.employee_id, signal.id) dispatch.id, signal.id AS signal
    FROM distribution_dispatch dispatch
    JOIN closedloop_alert alert ON alert.id = dispatch.alert_id
    CROSS JOIN LATERAL (
        SELECT id FROM closedloop_customersignal
        WHERE kind = alert.kind AND source_id = alert.source_id AND category = dispatch.category
        ORDER BY revision DESC LIMIT 1
    ) signal
    ORDER BY dispatch.employee_id, signal.id, dispatch.id
) told WHERE told.id = distribution_dispatch.id;
SET CONSTRAINTS ALL IMMEDIATE
"""
UNFILL = """
UPDATE distribution_dispatch SET category = signal.category
FROM closedloop_customersignal signal WHERE signal.id = distribution_dispatch.signal_id
"""


class Migration(migrations.Migration):
    """One mail a person and revision of an answer, whatever the number of rules it met: the mail names the revision it
    tells of, so that a wish to be called, or not to be, can be told anew."""

    dependencies = [
        ("closedloop", "0007_closures_by_time"),
        ("distribution", "0008_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="signal",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dispatches",
                to="closedloop.customersignal",
            ),
        ),
        migrations.RunSQL(FILL, UNFILL),
        migrations.RemoveConstraint(model_name="dispatch", name="one_dispatch_per_alert"),
        migrations.RemoveField(model_name="dispatch", name="category"),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(fields=("signal", "employee"), name="one_dispatch_per_revision"),
        ),
    ]
