"""At most one such mail about each, made beside the running house."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('distribution', '0028_mails_about_people_and_patterns'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "one_dispatch_per_thanks" ON "distribution_dispatch"'
                    ' ("thanks_id") WHERE "thanks_id" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "one_dispatch_per_thanks"',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='dispatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('thanks__isnull', False)), fields=('thanks',), name='one_dispatch_per_thanks'),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "one_dispatch_per_talk" ON "distribution_dispatch"'
                    ' ("talk_id") WHERE "talk_id" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "one_dispatch_per_talk"',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='dispatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('talk__isnull', False)), fields=('talk',), name='one_dispatch_per_talk'),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "one_dispatch_per_handover" ON "distribution_dispatch"'
                    ' ("handover_id") WHERE "handover_id" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "one_dispatch_per_handover"',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='dispatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('handover__isnull', False)), fields=('handover',), name='one_dispatch_per_handover'),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "one_dispatch_per_pattern" ON "distribution_dispatch"'
                    ' ("pattern_id", "employee_id") WHERE "pattern_id" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "one_dispatch_per_pattern"',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='dispatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('pattern__isnull', False)), fields=('pattern', 'employee'), name='one_dispatch_per_pattern'),
                ),
            ],
        ),
    ]
