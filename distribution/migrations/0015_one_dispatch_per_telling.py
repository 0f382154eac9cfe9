from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('distribution', '0014_mails_about_outcomes'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "one_dispatch_per_telling" ON "distribution_dispatch"'
                    ' ("telling_id", "employee_id") WHERE "telling_id" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "one_dispatch_per_telling"',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='dispatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('telling__isnull', False)), fields=('telling', 'employee'), name='one_dispatch_per_telling'),
                ),
            ],
        ),
    ]
