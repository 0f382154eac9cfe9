"""Whoever leads an area is written to about its patterns: those that were found before count as told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is made beside the running house

    dependencies = [
        ('analytics', '0014_cut_by'),
    ]

    operations = [
        migrations.AddField(
            model_name='pattern',
            name='told_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(
            'UPDATE "analytics_pattern" SET "told_at" = "found_at" WHERE "told_at" IS NULL',
            migrations.RunSQL.noop,
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE INDEX CONCURRENTLY "pattern_untold" ON "analytics_pattern" ("id") WHERE ("told_at" IS NULL)',
                    'DROP INDEX CONCURRENTLY IF EXISTS "pattern_untold"',
                ),
            ],
            state_operations=[
                migrations.AddIndex(
                    model_name='pattern',
                    index=models.Index(condition=models.Q(('told_at', None)), fields=['id'], name='pattern_untold'),
                ),
            ],
        ),
    ]
