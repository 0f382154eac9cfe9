from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('distribution', '0021_kept_views_by_mail'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "one_dispatch_per_run" ON "distribution_dispatch"'
                    ' ("run_id") WHERE "run_id" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "one_dispatch_per_run"',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='dispatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('run__isnull', False)), fields=('run',), name='one_dispatch_per_run'),
                ),
            ],
        ),
    ]
