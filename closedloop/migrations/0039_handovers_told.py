"""Whoever a ticket went to is written to: what went before counts as told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is made beside the running house

    dependencies = [
        ('closedloop', '0038_desks_that_are_told'),
    ]

    operations = [
        migrations.AddField(
            model_name='handover',
            name='told_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(
            'UPDATE "closedloop_handover" SET "told_at" = "at" WHERE "told_at" IS NULL',
            migrations.RunSQL.noop,
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE INDEX CONCURRENTLY "handover_untold" ON "closedloop_handover" ("id")'
                    ' WHERE (NOT "opening" AND "told_at" IS NULL)',
                    'DROP INDEX CONCURRENTLY IF EXISTS "handover_untold"',
                ),
            ],
            state_operations=[
                migrations.AddIndex(
                    model_name='handover',
                    index=models.Index(condition=models.Q(('opening', False), ('told_at__isnull', True)), fields=['id'], name='handover_untold'),
                ),
            ],
        ),
    ]
