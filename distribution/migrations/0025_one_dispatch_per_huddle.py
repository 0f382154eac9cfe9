from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('distribution', '0024_mails_about_huddles'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "one_dispatch_per_huddle" ON "distribution_dispatch"'
                    ' ("huddle_id", "employee_id") WHERE "huddle_id" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "one_dispatch_per_huddle"',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='dispatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('huddle__isnull', False)), fields=('huddle', 'employee'), name='one_dispatch_per_huddle'),
                ),
            ],
        ),
    ]
