from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('distribution', '0012_mails_about_late_tickets'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "one_dispatch_per_escalation" ON "distribution_dispatch"'
                    ' ("escalation_id") WHERE "escalation_id" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "one_dispatch_per_escalation"',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='dispatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('escalation__isnull', False)), fields=('escalation',), name='one_dispatch_per_escalation'),
                ),
            ],
        ),
    ]
